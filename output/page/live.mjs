// A page that is written while the batch runs says how far that is, and loads itself anew, while nobody does anything, with
// all that somebody has chosen to see.
import { speech } from './words.mjs';
import { number, span } from './format.mjs';
import { $, make } from './dom.mjs';
import { page, rows, shots, marks, wanted, view } from './view.mjs';
import { placeNow, putPlace, focusTile } from './grid.mjs';

const { running } = page, quiet = 4000, every = 30000; // milliseconds
const store = 'qwenbatch.live', written = Date.parse(running?.written), next = Date.parse(running?.next);

// What is carried over a loading stays in the tab: where a browser keeps nothing for a page from disk, in the tab's name.
function carry(text) { try { sessionStorage.setItem(store, text) } catch { window.name = store + text } }
function carried() {
  let text;
  try { text = sessionStorage.getItem(store); sessionStorage.removeItem(store) } catch { }
  if (!text && window.name.startsWith(store)) { text = window.name.slice(store.length); window.name = '' }
  try { return JSON.parse(text) || undefined } catch { return undefined }
}
const was = carried();
const numbers = new Map((running || was) && rows.map((r, i) => [r, i]));
const keyOf = s => s && !s.older ? numbers.get(s.r) + '/' + s.i : undefined;

function focusNow() {
  const e = document.activeElement, chip = [...$('chips').children].indexOf(e);
  if (e?.closest?.('.tile')) return { tile: keyOf(view.shown[view.active]) };
  if (chip >= 0) return { chip };
  return e?.id ? { id: e.id, from: e.selectionStart, to: e.selectionEnd } : {};
}
function loadAnew() {
  const place = placeNow();
  carry(JSON.stringify({ wanted, chosen: view.chosen.map(keyOf), focus: focusNow(), place: { ...place, at: keyOf(view.shown[place.at]) },
    active: keyOf(view.shown[view.active]), marks: marks.kept ? undefined : [...marks.known] }));
  try { history.scrollRestoration = 'manual' } catch { }
  location.reload();
}

// restoreView takes over what was to be seen before the page was loaded anew. It comes before anything is drawn.
export function restoreView() {
  if (!was) return;
  const byKey = new Map(shots.map(s => [keyOf(s), s]));
  Object.assign(wanted, was.wanted);
  $('find').value = wanted.text;
  view.chosen = was.chosen.map(k => byKey.get(k)).filter(Boolean);
  if (was.marks) marks.known = new Map(was.marks);
}
// restorePlace goes back to where the page was, and to what had the focus.
export function restorePlace() {
  if (!was) return;
  const at = k => k === undefined ? -1 : view.shown.findIndex(s => keyOf(s) === k), { focus, place, active } = was;
  if (at(active) >= 0) view.active = at(active);
  if (focus.tile) focusTile(at(focus.tile));
  else (focus.chip >= 0 ? $('chips').children[focus.chip] : $(focus.id))?.focus({ preventScroll: true });
  if (focus.from !== undefined && focus.from !== null) try { $(focus.id).setSelectionRange(focus.from, focus.to) } catch { }
  putPlace(at(place.at), place);
  addEventListener('load', () => setTimeout(() => { try { history.scrollRestoration = 'auto' } catch { } }, 1000)); // earlier, the browser goes to the old place once all is read
}

// drawLive says how far the run is, and when it will have ended.
export function drawLive() {
  if (!running) return;
  const { t } = speech, left = running.ends ? Date.parse(running.ends) - Date.now() : 0, late = Date.now() - next > Math.max(3 * (next - written), 120000);
  if (!$('live')) $('facts').after(make('p', { id: 'live', class: 'live' }));
  $('live').classList.toggle('late', late);
  $('live').textContent = late ? t.noNews(new Date(written).toLocaleTimeString(speech.lang)) : t.live(number(running.done), number(running.items), left > 1000 && span(left));
}

// touched is when somebody last did something; a page is not loaded anew under their hands.
let touched = 0, due = 0;
function ready() {
  return Date.now() > due && Date.now() - touched > quiet && !document.hidden && !document.querySelector('dialog[open]') && !$('print').firstChild && getSelection().isCollapsed;
}
if (running) {
  due = Math.max(next + 2000, Date.now() + every / 2);
  if (due - Date.now() > 20 * every) due = Date.now() + every; // clocks differ
  for (const kind of ['keydown', 'pointerdown', 'wheel', 'touchmove', 'input', 'scroll']) addEventListener(kind, () => touched = Date.now(), { passive: true, capture: true });
  setInterval(() => ready() ? loadAnew() : drawLive(), 1000);
}
