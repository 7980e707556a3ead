// The tray at the foot of the page: how much is marked and chosen, and what somebody takes away.
import { speech } from './words.mjs';
import { number, money } from './format.mjs';
import { $, make, icon, copy, save, say } from './dom.mjs';
import { page, rows, shots, marks, view, onMarks, tellMarks } from './view.mjs';
import { rejectedItems, price, redoFlag, pickedIds, pickedFiles, picksCSV, csvName } from './picks.mjs';
import { compare } from './compare.mjs';

const windows = /^Win/.test(navigator.userAgentData?.platform || navigator.platform);

const button = (text, onclick, cls) => make('button', { type: 'button', class: cls || 'chip', onclick }, text);

export function drawTray() {
  const { t } = speech, n = marks.count(shots), some = n.picked + n.rejected + n.starred, focused = [...$('picks').querySelectorAll('button')].indexOf(document.activeElement);
  $('picks').hidden = !some && !view.chosen.length;
  $('picks').replaceChildren(...[
    some > 0 && make('p', { class: 'counts', role: 'status' }, make('span', { class: 'picked' }, icon('pick'), t.picked + ' ' + number(n.picked)), make('span', { class: 'rejected' }, icon('reject'), t.rejected + ' ' + number(n.rejected))),
    view.chosen.length > 0 && button(view.chosen.length > 1 ? t.compareN(number(view.chosen.length)) : t.chosen(1), () => compare(view.chosen[0]), 'chip strong'),
    ...(n.rejected ? redo() : []),
    n.picked > 0 && button(t.copyIds, () => copy(pickedIds(shots, marks))),
    n.picked > 0 && button(t.copyFiles, () => copy(pickedFiles(shots, marks))),
    some > 0 && button(t.save, savePicks),
    some > 0 && button(t.forget, forget, 'chip quiet'),
    !marks.kept && make('p', { class: 'warning', text: t.notKept }),
  ].filter(Boolean));
  $('picks').querySelectorAll('button')[focused]?.focus({ preventScroll: true });
  document.body.style.paddingBottom = $('picks').hidden ? '' : $('picks').offsetHeight + 'px';
}
onMarks(drawTray);

function redo() {
  const { t } = speech, items = rejectedItems(shots, marks), cost = price(items, rows), flag = redoFlag(items, rows, windows), manifest = page.manifest || '';
  if (!items.length) return [];
  const many = flag.endsWith('@' + csvName);
  const b = button(t.copyRedo + ' ' + t.toRedo(number(items.length), cost && money(cost, page.currency)), () => copy(flag, many ? t.redoMany(csvName) : t.redoCopied(manifest)));
  b.id = 'redo';
  return [b];
}
const savePicks = () => save(csvName, picksCSV(shots, marks), 'text/csv');
function forget() {
  marks.set(shots, { keep: 0, stars: 0 });
  tellMarks();
  say(speech.t.forgotten);
}
