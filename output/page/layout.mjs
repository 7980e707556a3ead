// Where the pictures stand: in lines that are as wide as the page and all about equally high, under headings where they are
// grouped. Nothing here touches the document.

// usualShape is the shape of most pictures; items without one take it too.
export function usualShape(shots) {
  const n = new Map();
  for (const { r } of shots) if (r.width && r.height) n.set(r.width / r.height, (n.get(r.width / r.height) || 0) + 1);
  return [...n].sort((a, b) => b[1] - a[1])[0]?.[0] || 4 / 3;
}
export const shapeOf = ({ r, file }, usual) => Math.min(Math.max(file && r.width && r.height ? r.width / r.height : usual, 0.56), 2.2);

// arrange places shots in groups. Its measures are pixels: width of the page, gap between pictures, the wanted height of a line, below
// for the words under a picture, heading for that of a group. It returns the place of each shot (lineOf, left, wide), the
// lines (first to next, y, h), the headings and the height of all.
export function arrange(groups, shape, { width, gap, wanted, below, heading }) {
  const a = { lines: [], lineOf: [], left: [], wide: [], headings: [], height: 0 };
  let first = 0;
  for (const { name, shots } of groups) {
    if (name !== undefined) {
      a.headings.push({ name, count: shots.length, first, y: a.height });
      a.height += heading;
    }
    arrangeGroup(a, first, shots.map(shape), { width, gap, wanted, below });
    first += shots.length;
  }
  return a;
}

function arrangeGroup(a, start, shapes, { width, gap, wanted, below }) {
  let first = 0, sum = 0;
  const end = (next, h) => {
    for (let i = first, x = 0; i < next; i++) {
      a.left[start + i] = x;
      a.wide[start + i] = h * shapes[i];
      a.lineOf[start + i] = a.lines.length;
      x += a.wide[start + i] + gap;
    }
    a.lines.push({ first: start + first, next: start + next, y: a.height, h });
    a.height += h + below + gap;
    first = next;
    sum = 0;
  };
  const before = a.lines.length;
  shapes.forEach((s, i) => {
    const without = (width - gap * (i - first - 1)) / sum, and = (width - gap * (i - first)) / (sum + s);
    if (i > first && and < wanted && without / wanted < wanted / and) end(i, without);
    sum += s;
  });
  if (!sum) return;
  const usual = a.lines.length > before ? a.lines.at(-1).h : wanted * 1.15;
  end(shapes.length, Math.min((width - gap * (shapes.length - first - 1)) / sum, usual));
}

// lineAt is the line at a height.
export function lineAt(lines, y) {
  let a = 0, b = lines.length;
  while (b - a > 1) { const m = a + b >> 1; if (lines[m].y <= y) a = m; else b = m }
  return a;
}

// under is the shot n lines further down, beneath the middle of shot i.
export function under({ lines, lineOf, left, wide }, i, n) {
  const to = lines[Math.min(Math.max(lineOf[i] + n, 0), lines.length - 1)], middle = left[i] + wide[i] / 2;
  let best = to.first;
  for (let k = to.first; k < to.next; k++) if (Math.abs(left[k] + wide[k] / 2 - middle) < Math.abs(left[best] + wide[best] / 2 - middle)) best = k;
  return best;
}
