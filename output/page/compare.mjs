// Two to four pictures side by side. They zoom and move together, blink in one place, and are marked as everywhere.
import { speech } from './words.mjs';
import { number } from './format.mjs';
import { titleOf } from './items.mjs';
import { $, make, say } from './dom.mjs';
import { columns, view, variants, variantsOf, onMarks, tellMarks } from './view.mjs';
import { Stage, Pane } from './pane.mjs';
import { markButtons, dressButtons } from './markbuttons.mjs';

export const most = 4;
const dialog = $('compare'), blinking = 700; // milliseconds
let sets = [], at = 0, focus = 0, figures = [], timer = 0;
export const stage = new Stage();

export const isOpen = () => dialog.open;
export const shotShown = () => sets[at]?.[focus];

// choose takes a picture for comparing, or puts it back.
export function choose(s) {
  if (!s?.file) return;
  const i = view.chosen.indexOf(s);
  if (i >= 0) view.chosen.splice(i, 1);
  else if (view.chosen.length < most) view.chosen.push(s);
  else return say(speech.t.full);
  say(speech.t.chosen(number(view.chosen.length)));
  tellMarks();
}

// compare shows the chosen pictures, or else the variants of the row of s, from which ↑ and ↓ go on to other rows.
export function compare(s) {
  const own = variantsOf(s);
  if (view.chosen.length > 1) show([view.chosen.slice()], 0);
  else if (own >= 0) {
    const parts = variants.map(g => parted(g)), before = parts.slice(0, own).flat().length;
    show(parts.flat(), before + Math.max(parts[own].findIndex(p => p.includes(s)), 0));
  } else say(speech.t.pickTwo);
}
// compareVariants shows the row of s, whatever is chosen.
export function compareVariants(s) {
  const chosen = view.chosen;
  view.chosen = [];
  compare(s);
  view.chosen = chosen;
}

// parted cuts the variants of a row into sets of at most four, none of which has but one.
function parted(group) {
  const n = Math.ceil(group.length / most), size = Math.ceil(group.length / n);
  return Array.from({ length: n }, (_, i) => group.slice(i * size, (i + 1) * size)).filter(p => p.length);
}

function show(all, i) {
  sets = all;
  at = i;
  focus = 0;
  stage.clear();
  figures = sets[at].map((s, k) => figure(s, k));
  $('panes').replaceChildren(...figures);
  $('panes').className = 'panes of' + figures.length;
  $('rows').hidden = sets.length < 2;
  $('rowplace').textContent = speech.t.comparing(number(at + 1), number(sets.length));
  $('rowback').disabled = at === 0;
  $('rownext').disabled = at === sets.length - 1;
  if (timer) blink(true);
  if (!dialog.open) dialog.showModal();
  look(0);
}
function figure(s, k) {
  const pane = new Pane(s, stage);
  const e = make('figure', { tabindex: -1, 'aria-label': titleOf(s, columns) }, pane.element,
    make('figcaption', {}, make('span', { class: 'about-pane' }, make('b', { text: titleOf(s, columns), dir: 'auto' }),
      make('small', { text: [s.r.seed !== undefined && !s.older && speech.t.seed + ' ' + s.r.seed, s.older && s.file].filter(Boolean).join(' · ') })), !s.older && markButtons(s)));
  e.addEventListener('pointerdown', () => look(k));
  e.addEventListener('focusin', () => { if (focus !== k) look(k, false) });
  return e;
}
function look(k, take = true) {
  focus = k;
  figures.forEach((f, i) => f.classList.toggle('current', i === k));
  if (take && !figures[k].contains(document.activeElement)) figures[k].focus({ preventScroll: true });
}
onMarks(() => { if (dialog.open) figures.forEach((f, k) => { const b = f.querySelector('.marks'); if (b) dressButtons(b, sets[at][k]) }) });

const step = n => { if (sets[at + n]) show(sets, at + n) };
function blink(on) {
  clearInterval(timer);
  timer = on ? setInterval(() => look((focus + 1) % figures.length), blinking) : 0;
  $('panes').classList.toggle('blinking', on);
  $('blink').setAttribute('aria-pressed', on);
  requestAnimationFrame(() => stage.set(stage.view));
}

// keys are those of comparing; it returns whether it took one.
export function compareKey(key) {
  const to = { ArrowRight: () => look((focus + 1) % figures.length), ArrowLeft: () => look((focus + figures.length - 1) % figures.length), ArrowDown: () => step(1), ArrowUp: () => step(-1),
    b: () => blink(!timer), z: () => stage.actual(), '+': () => stage.by(1.4), '=': () => stage.by(1.4), '-': () => stage.by(1 / 1.4) }[key];
  to?.();
  return !!to;
}
$('rowback').onclick = () => step(-1);
$('rownext').onclick = () => step(1);
$('blink').onclick = () => blink(!timer);
$('actual').onclick = () => stage.actual();
$('nearer').onclick = () => stage.by(1.4);
$('farther').onclick = () => stage.by(1 / 1.4);
$('uncompare').onclick = () => dialog.close();
dialog.addEventListener('close', () => { blink(false); $('panes').replaceChildren(); figures = [] });
