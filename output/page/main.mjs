// What happens first, and what keys do.
import { words, speech } from './words.mjs';
import { number } from './format.mjs';
import { haystack } from './find.mjs';
import { $, make, memory, say } from './dom.mjs';
import { shots, rows, columns, marks, mark, view, wanted, find, tellMarks } from './view.mjs';
import { drawHead } from './head.mjs';
import { drawControls, onWanted, onTile, clear } from './controls.mjs';
import { refresh, ask, onOpen, onChoose, focusTile, gridTop, keepPlace } from './grid.mjs';
import { toggled } from './markbuttons.mjs';
import * as large from './large.mjs';
import * as comparing from './compare.mjs';
import { drawTray } from './tray.mjs';
import { print, drawPaper } from './printing.mjs';
import { restoreView, restorePlace, drawLive } from './live.mjs';

// show finds what is wanted and draws it from its beginning.
function show() {
  find();
  const { t } = speech;
  $('count').textContent = t.of(number(view.shown.length), number(shots.length));
  $('nothing').hidden = view.shown.length > 0;
  $('nothing').textContent = shots.length ? t.none : t.empty;
  if (scrollY > gridTop()) scrollTo(0, gridTop());
  refresh();
}
onWanted(show);
onOpen(large.open);
onChoose(comparing.choose);
onTile(() => keepPlace(refresh));
large.onCompare(comparing.compareVariants);
large.onChoose(comparing.choose);

function speak(lang) {
  Object.assign(speech, { lang, t: words[lang] });
  drawHead();
  drawControls();
  drawTray();
  drawPaper();
  drawLive();
  $('keylist').replaceChildren(...speech.t.keyList.flatMap(([k, what]) => [make('dt', {}, make('kbd', { text: k })), make('dd', { text: what })]));
  show();
}
$('language').onclick = () => { const l = speech.lang === 'zh' ? 'en' : 'zh'; memory.set('lang', l); speak(l) };
const isDark = () => (document.documentElement.dataset.theme || (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) === 'dark';
$('theme').onclick = () => { memory.set('theme', document.documentElement.dataset.theme = isDark() ? 'light' : 'dark') };

let waiting = 0;
$('find').addEventListener('input', () => { cancelAnimationFrame(waiting); waiting = requestAnimationFrame(() => { wanted.text = $('find').value; show() }) });
$('find').addEventListener('keydown', e => {
  if (e.isComposing) return;
  if (e.key === 'Escape') { if (e.target.value) e.preventDefault(); e.target.value = wanted.text = ''; show() }
  if ((e.key === 'ArrowDown' || e.key === 'Enter') && view.shown.length) { e.preventDefault(); cancelAnimationFrame(waiting); wanted.text = e.target.value; show(); focusTile(0) }
});

// target is the picture that a key means: the one that is shown large, the one under the pointer, or the one with the focus.
function target() {
  if (comparing.isOpen()) return comparing.shotShown();
  if (large.isOpen()) return large.shotShown();
  return view.shown[view.hovered >= 0 ? view.hovered : view.active];
}
function goOn() {
  if (comparing.isOpen()) comparing.compareKey('ArrowRight');
  else if (large.isOpen()) large.turn(1);
  else focusTile((view.hovered >= 0 ? view.hovered : view.active) + 1);
}
const marking = { p: { keep: 1 }, x: { keep: -1 }, 1: { stars: 1 }, 2: { stars: 2 }, 3: { stars: 3 }, 4: { stars: 4 }, 5: { stars: 5 } };

// markKey does what keys do to a picture, and returns whether it took one.
function markKey(key, shift) {
  const s = target(), change = marking[key];
  if (change) { if (mark(s, shift ? change : toggled(s, change)) && shift) goOn() }
  else if (key === 'u') mark(s, { keep: 0 });
  else if (key === '0') mark(s, { stars: 0 });
  else if (key === 'c') comparing.choose(s);
  else if (key === 'v') { if (s && !comparing.isOpen()) comparing.compare(s) }
  else return false;
  return true;
}
function undo() {
  say(marks.undo() ? speech.t.undone : speech.t.nothingToUndo);
  tellMarks();
}
function largeKey(key) {
  const to = { ArrowRight: () => large.turn(1), ArrowLeft: () => large.turn(-1), z: () => large.stage.actual(), '+': () => large.stage.by(1.4), '=': () => large.stage.by(1.4), '-': () => large.stage.by(1 / 1.4) }[key];
  to?.();
  return !!to;
}
function pageKey(key) {
  if (key === '/') { $('find').focus(); $('find').select(); return true }
  return key === 'Escape' && clear();
}
addEventListener('keydown', e => {
  const command = e.ctrlKey || e.metaKey, key = e.key.length === 1 ? e.key.toLowerCase() : e.key, typing = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.tagName);
  const dialog = document.querySelector('dialog[open]');
  let taken = false;
  if (command && key === 'p') { taken = true; print() }
  else if (typing || e.altKey || e.isComposing || $('help').open) return; // a second Ctrl+F is the browser's own
  else if (command) {
    if (key === 'z' && !e.shiftKey) { taken = true; undo() }
    if (key === 'f' && !dialog) taken = pageKey('/');
  } else if (key === '?') { taken = true; $('help').showModal() }
  else taken = (comparing.isOpen() ? comparing.compareKey(key) : large.isOpen() ? largeKey(key) : pageKey(key)) || markKey(keyDigit(e), e.shiftKey);
  if (taken) e.preventDefault();
});
// keyDigit is the key, and its digit also with Shift, which makes another character of it.
const keyDigit = e => /^Digit\d$/.test(e.code) ? e.code.slice(5) : e.key.toLowerCase();
$('helping').onclick = () => $('help').showModal();
$('unhelp').onclick = () => $('help').close();

addEventListener('storage', e => { if (e.key === 'qwenbatch.' + marks.key) { marks.load(); tellMarks() } });
let width = 0;
new ResizeObserver(() => {
  if (document.querySelector('dialog[open]')) return;
  if ($('grid').clientWidth === width) return ask();
  width = $('grid').clientWidth;
  keepPlace(refresh);
}).observe(document.body);

// What a search looks through is made while nobody waits.
function prepare(from = 0) {
  const idle = globalThis.requestIdleCallback || (f => setTimeout(f, 30));
  for (const r of rows.slice(from, from + 250)) haystack(r, columns);
  if (from < rows.length) idle(() => prepare(from + 250));
}

if (memory.get('theme')) document.documentElement.dataset.theme = memory.get('theme');
restoreView();
speak(words[memory.get('lang')] ? memory.get('lang') : (navigator.languages?.[0] || navigator.language || 'en').startsWith('zh') ? 'zh' : 'en');
large.openAtAddress();
restorePlace();
setTimeout(prepare, 300);
