// The large view: one picture, its marks, and all that is known of it.
import { speech } from './words.mjs';
import { number } from './format.mjs';
import { source, largest } from './inside.mjs';
import { $, make } from './dom.mjs';
import { view, onMarks, variants, variantsOf } from './view.mjs';
import { Stage, Pane } from './pane.mjs';
import { markButtons, dressButtons } from './markbuttons.mjs';
import { about, reason } from './about.mjs';
import { activate, focusTile } from './grid.mjs';

const dialog = $('large');
let current = -1, buttons = null, compared = () => {}, chosen = () => {};
export const stage = new Stage(n => turn(n));

// onCompare is called with the shot whose variants are to be compared.
export const onCompare = f => compared = f;
// onChoose is called with the shot that is to be compared with others, or no longer.
export const onChoose = f => chosen = f;

export const isOpen = () => dialog.open;
export const shotShown = () => view.shown[current];

export function open(i) {
  current = i;
  activate(i);
  const s = view.shown[i];
  stage.clear();
  $('frame').replaceChildren(s.file ? new Pane(s, stage).element : make('div', { class: 'card ' + s.r.status }, ...reason(s.r)));
  $('place').textContent = speech.t.place(number(i + 1), number(view.shown.length));
  $('back').disabled = i === 0;
  $('next').disabled = i === view.shown.length - 1;
  drawMarks(s);
  $('about').replaceChildren(...about(s));
  if (!dialog.open) dialog.showModal();
  if (!dialog.contains(document.activeElement) || document.activeElement === dialog || document.activeElement.disabled) $('about').focus({ preventScroll: true });
  $('about').scrollTop = dialog.scrollTop = 0; // which the focus may have moved
  try { history.replaceState(null, '', '#' + encodeURIComponent(s.r.id || 'row-' + s.r.row)) } catch { }
  for (const n of [i + 1, i - 1]) if (view.shown[n]?.file) new Image().src = source(largest(view.shown[n]));
}
function drawMarks(s) {
  const group = variants[variantsOf(s)];
  buttons = s.file ? markButtons(s) : null;
  const choosing = make('button', { type: 'button', id: 'choosing', class: 'chip', 'aria-pressed': view.chosen.includes(s), text: speech.t.choose, onclick: () => chosen(s) });
  $('marking').replaceChildren(...[buttons, choosing, group && make('button', { type: 'button', id: 'variants', class: 'chip', text: speech.t.variantsOf(number(group.length)), onclick: () => compared(s) })].filter(Boolean));
  $('marking').hidden = !s.file;
}
onMarks(() => {
  if (!dialog.open || !buttons) return;
  dressButtons(buttons, shotShown());
  $('choosing').setAttribute('aria-pressed', view.chosen.includes(shotShown()));
});

export const turn = n => { if (current + n >= 0 && current + n < view.shown.length) open(current + n) };
$('back').onclick = () => turn(-1);
$('next').onclick = () => turn(1);
$('close').onclick = () => dialog.close();
dialog.addEventListener('close', () => {
  $('frame').replaceChildren();
  try { history.replaceState(null, '', location.pathname + location.search) } catch { }
  focusTile(current);
});

// openAtAddress opens the item that the address names.
export function openAtAddress() {
  if (location.hash.length < 2) return;
  const key = (() => { try { return decodeURIComponent(location.hash.slice(1)) } catch { return '' } })();
  const i = view.shown.findIndex(s => s.r.id === key || !s.r.id && 'row-' + s.r.row === key);
  if (i >= 0) open(i);
}
