// How a picture stands in its frame. A view is what all pictures that are compared share: scale in pixels of the screen for
// one of the picture (0 shows all of it), and the point of the picture, from 0 to 1, that is in the middle of the frame.

export const wholeView = { scale: 0, x: 0.5, y: 0.5 };
const largest = 8;

// fitting is the scale at which a picture is just seen whole.
export const fitting = (picture, frame) => Math.min(frame.width / picture.width, frame.height / picture.height);

const within = (at, size, frame) => size <= frame ? 0.5 : Math.min(Math.max(at, frame / 2 / size), 1 - frame / 2 / size);

// placed returns where a picture stands in its frame: left, top, width, height.
export function placed(view, picture, frame) {
  const scale = view.scale || fitting(picture, frame), width = picture.width * scale, height = picture.height * scale;
  const x = within(view.x, width, frame.width), y = within(view.y, height, frame.height);
  return { left: frame.width / 2 - x * width, top: frame.height / 2 - y * height, width, height };
}

// zoomed returns the view at another scale; what is at a point of the frame stays there. A scale that shows the whole picture
// becomes 0, so that it goes on showing it in a frame of another size.
export function zoomed(view, scale, at, picture, frame) {
  const whole = fitting(picture, frame);
  if (scale <= whole) return wholeView;
  scale = Math.min(scale, Math.max(largest, whole));
  const now = placed(view, picture, frame);
  const px = (at.x - now.left) / now.width, py = (at.y - now.top) / now.height;
  return bounded({ scale, x: px + (frame.width / 2 - at.x) / (picture.width * scale), y: py + (frame.height / 2 - at.y) / (picture.height * scale) }, picture, frame);
}

// moved returns the view after the picture was drawn by some pixels.
export function moved(view, dx, dy, picture, frame) {
  const scale = view.scale || fitting(picture, frame);
  return bounded({ ...view, x: view.x - dx / (picture.width * scale), y: view.y - dy / (picture.height * scale) }, picture, frame);
}

function bounded(view, picture, frame) {
  const scale = view.scale || fitting(picture, frame);
  return { ...view, x: within(view.x, picture.width * scale, frame.width), y: within(view.y, picture.height * scale, frame.height) };
}
