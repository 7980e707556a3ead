// The grid: only what is on the screen and a screen around it is in the document, so that its size does not matter.
import { speech } from './words.mjs';
import { number } from './format.mjs';
import { arrange, lineAt, under, shapeOf, usualShape } from './layout.mjs';
import { $, make } from './dom.mjs';
import { shots, mark, view, onMarks } from './view.mjs';
import { tile, dress } from './tile.mjs';
import { toggled } from './markbuttons.mjs';
import { tileHeight } from './controls.mjs';

const grid = $('grid'), live = new Map(), titles = new Map(), tools = document.querySelector('.tools');
const below = 66, heading = 52; // pixels of the words under a picture, and of the heading of a group
const atOnce = 10; // tiles beyond the screen that are built in a frame
const usual = usualShape(shots);
let placed = arrange([{ shots: [] }], () => 1, {}), asked = false, opened = () => {}, choose = () => {};

// onOpen is called with the number of the picture that somebody opens.
export const onOpen = f => opened = f;

export const gridTop = () => grid.getBoundingClientRect().top + scrollY - tools.offsetHeight - 14;

// refresh draws what is shown anew.
export function refresh() {
  for (const li of [...live.values(), ...titles.values()]) li.remove();
  live.clear();
  titles.clear();
  const width = grid.clientWidth, gap = parseFloat(getComputedStyle(document.documentElement).getPropertyValue('--gap'));
  const wanted = tileHeight() || Math.min(Math.max(width * 0.152, 165), 270);
  $('tile').value = Math.round(wanted);
  placed = arrange(view.groups, s => shapeOf(s, usual), { width, gap, wanted: Math.min(wanted, width), below, heading });
  grid.style.height = placed.height + 'px';
  draw();
}
// draw brings what is on the screen into the document at once, and the screen around it a few tiles a frame.
function draw() {
  asked = false;
  const { headings } = placed, from = -grid.getBoundingClientRect().top, low = from - innerHeight * 0.7, high = from + innerHeight * 1.7;
  const [first, next] = tilesIn(low, high), [seen, unseen] = tilesIn(from, from + innerHeight), focused = document.activeElement?.closest?.('.tile');
  for (const [i, li] of live) if ((i < first || i >= next) && li !== focused) { li.remove(); live.delete(i) }
  for (const [i, li] of titles) if (headings[i].y < low - heading || headings[i].y > high) { li.remove(); titles.delete(i) }
  let after = null, h = headings.length ? lineAt(headings, high) : -1, few = atOnce;
  for (let i = next - 1; i >= first; i--) { // backwards, so that the order of the document is that of the grid
    if (live.has(i) || i >= seen && i < unseen || few-- > 0) after = kept(live, i, () => tileAt(i), after);
    for (; h >= 0 && headings[h].first > i; h--);
    if (h >= 0 && headings[h].first === i && headings[h].y >= low - heading) after = kept(titles, h, () => title(headings[h]), after);
  }
  if (few < 0) ask();
  document.documentElement.classList.toggle('stuck', scrollY > 40);
}
// tilesIn are the first tile between two heights, and the first one behind them.
function tilesIn(low, high) {
  const { lines } = placed;
  return [lines[lineAt(lines, low)]?.first || 0, lines[lineAt(lines, high)]?.next || 0];
}
function kept(all, i, build, after) {
  let li = all.get(i);
  if (!li) {
    all.set(i, li = build());
    grid.insertBefore(li, after);
  }
  return li;
}
export function ask() { if (!asked) { asked = true; requestAnimationFrame(draw) } }

function title({ name, count, y }) {
  const li = make('li', { class: 'title' }, make('h3', { dir: 'auto' }, name || speech.t.emptyValue, make('small', { text: number(count) })));
  li.style.transform = 'translateY(' + y + 'px)';
  return li;
}
function tileAt(i) {
  const li = tile(view.shown[i]), line = placed.lines[placed.lineOf[i]];
  li.place = i;
  li.setAttribute('aria-setsize', view.shown.length);
  li.setAttribute('aria-posinset', i + 1);
  li.firstChild.tabIndex = i === view.active ? 0 : -1;
  li.style.transform = 'translate(' + placed.left[i] + 'px,' + line.y + 'px)';
  li.style.setProperty('--w', placed.wide[i] + 'px');
  li.style.setProperty('--h', line.h + 'px');
  return li;
}
onMarks(() => { for (const [i, li] of live) dress(li, view.shown[i]) });

// onChoose is called with the shot that somebody clicks with Ctrl.
export const onChoose = f => choose = f;

const placeOf = e => e.target.closest?.('.tile')?.place ?? -1;
grid.addEventListener('click', e => {
  const i = placeOf(e), button = e.target.closest('button');
  if (i < 0 || !button) return;
  if (button.className === 'pick' || button.className === 'reject') mark(view.shown[i], toggled(view.shown[i], { keep: button.className === 'pick' ? 1 : -1 }));
  else if (e.ctrlKey || e.metaKey) choose(view.shown[i]);
  else opened(i);
});
grid.addEventListener('focusin', e => { if (e.target.className === 'opens') activate(placeOf(e)) });
grid.addEventListener('pointermove', e => view.hovered = placeOf(e), { passive: true });
grid.addEventListener('pointerleave', () => view.hovered = -1, { passive: true });

export function activate(i) {
  live.get(view.active)?.firstChild.setAttribute('tabindex', -1);
  live.get(view.active = i)?.firstChild.setAttribute('tabindex', 0);
}
export function focusTile(i) {
  if (!(i >= 0 && i < view.shown.length)) return;
  const line = placed.lines[placed.lineOf[i]], y = grid.getBoundingClientRect().top + line.y, end = innerHeight - $('picks').offsetHeight;
  if (y < tools.offsetHeight + 10) scrollBy(0, y - tools.offsetHeight - 14);
  else if (y + line.h + below > end) scrollBy(0, Math.min(y + line.h + below + 10 - end, y - tools.offsetHeight - 14));
  draw();
  activate(i);
  view.hovered = -1;
  live.get(i)?.firstChild.focus({ preventScroll: true });
}
grid.addEventListener('keydown', e => {
  if (e.ctrlKey || e.metaKey || e.altKey || e.shiftKey) return;
  const { active } = view, screen = Math.max(Math.floor(innerHeight / (placed.lines[0].h + below)), 1);
  const to = { ArrowRight: () => active + 1, ArrowLeft: () => active - 1, ArrowDown: () => under(placed, active, 1), ArrowUp: () => under(placed, active, -1),
    PageDown: () => under(placed, active, screen), PageUp: () => under(placed, active, -screen), Home: () => 0, End: () => view.shown.length - 1 }[e.key];
  if (!to) return;
  e.preventDefault();
  focusTile(to());
});

// keepPlace calls f, which may change the lines, and leaves on top what was there, and the focus on its tile.
export function keepPlace(f) {
  const place = placeNow(), focused = !!document.activeElement?.closest?.('.tile');
  f();
  putPlace(place.at, place);
  if (focused) live.get(view.active)?.firstChild.focus({ preventScroll: true });
}
// placeNow is the shot on top and how far it is above, or how far down the page is; putPlace goes there.
export function placeNow() {
  const from = -grid.getBoundingClientRect().top, line = placed.lines[lineAt(placed.lines, from)];
  return from > 0 && line ? { at: line.first, off: from - line.y } : { y: scrollY };
}
export function putPlace(at, { off = 0, y = 0 }) {
  const line = placed.lines[placed.lineOf[at]];
  scrollTo(0, line ? grid.getBoundingClientRect().top + scrollY + line.y + Math.min(off, line.h) : y);
  draw();
}
addEventListener('scroll', ask, { passive: true });
addEventListener('resize', ask);
