// What chooses what is shown: status and marks, a value of a column, order, groups, and how large the pictures are.
import { speech } from './words.mjs';
import { number, cut } from './format.mjs';
import { sortings, valuesOf, varies, rowField } from './find.mjs';
import { $, make, memory } from './dom.mjs';
import { shots, marks, statuses, wanted, fields, fieldOf, variants, onMarks } from './view.mjs';

const mostValues = 200; // that a menu lists
const smallest = 100, largest = 480; // pixels of a tile's height
let changed = () => {};

// onWanted is called when somebody wants to see something else.
export const onWanted = f => changed = f;

export function drawControls() {
  drawChips();
  drawMenus();
}
onMarks(drawChips);

function drawChips() {
  const { t } = speech, n = {};
  for (const s of shots) n[s.r.status] = (n[s.r.status] || 0) + 1;
  const kinds = statuses.filter(s => n[s]), m = marks.count(shots), marked = m.picked + m.rejected > 0 || wanted.mark;
  const of = { picked: m.picked, rejected: m.rejected, unmarked: m.pictures - m.picked - m.rejected };
  const chips = kinds.length > 1 || marked ? [chip('', '', t.all, shots.length), ...(kinds.length > 1 ? kinds.map(s => chip(s, '', t[s], n[s])) : []),
    ...(marked ? Object.keys(of).map(k => chip('', k, t[k], of[k])) : [])] : [];
  const focused = [...$('chips').children].indexOf(document.activeElement);
  $('chips').replaceChildren(...chips);
  $('chips').children[focused]?.focus();
}
function chip(status, mark, label, count) {
  const want = () => { wanted.status = status; wanted.mark = mark; drawChips(); changed() };
  const pressed = wanted.status === status && wanted.mark === mark;
  return make('button', { type: 'button', 'aria-pressed': String(pressed), onclick: want },
    (status || mark) && make('span', { class: 'dot ' + (status || mark) }), label, make('small', { text: number(count) }));
}

function drawMenus() {
  const { t } = speech, all = fields().filter(f => f.key === 'mark' || f.key === 'stars' || varies(shots, f));
  options($('sort'), sortings.map(s => [s, t.sorts[s]]), wanted.sort);
  options($('group'), [['', t.ungrouped], ...(variants.length ? [rowField(), ...all] : all).map(f => [f.key, f.label])], wanted.group);
  options($('field'), [['', t.anything], ...all.map(f => [f.key, f.label])], wanted.field);
  $('reverse').setAttribute('aria-pressed', wanted.reverse);
  drawValues();
}
function drawValues() {
  const { t } = speech, field = fieldOf(wanted.field);
  $('value').hidden = !field;
  if (!field) return;
  const values = valuesOf(shots, field), few = values.slice(0, mostValues);
  const list = few.map(([v, n], i) => [String(i), (v ? cut(v, 50) : t.emptyValue) + ' (' + number(n) + ')']);
  if (wanted.value === undefined) wanted.value = few[0]?.[0];
  options($('value'), list, String(few.findIndex(([v]) => v === wanted.value)));
  if (values.length > few.length) $('value').append(make('option', { disabled: true, text: t.otherValues(number(values.length - few.length)) }));
  $('value').onchange = () => { wanted.value = few[$('value').value][0]; changed() };
}
function options(select, list, value) {
  select.replaceChildren(...list.map(([v, text]) => make('option', { value: v, text })));
  select.value = value;
}

$('sort').onchange = e => { wanted.sort = e.target.value; changed() };
$('group').onchange = e => { wanted.group = e.target.value; changed() };
$('field').onchange = e => { wanted.field = e.target.value; wanted.value = undefined; drawValues(); changed() };
$('reverse').onclick = () => { wanted.reverse = !wanted.reverse; $('reverse').setAttribute('aria-pressed', wanted.reverse); changed() };

// tileHeight is what somebody has set, or 0.
export const tileHeight = () => Number(memory.get('tile')) || 0;
export function onTile(f) {
  $('tile').min = smallest;
  $('tile').max = largest;
  $('tile').oninput = () => { memory.set('tile', $('tile').value); f() };
}

// The row of menus is open at first where there is room for it.
const shown = open => { $('menus').hidden = !open; $('viewing').setAttribute('aria-expanded', open) };
shown(memory.get('menus') ? memory.get('menus') === 'open' : innerWidth > 900 && shots.length > 1);
$('viewing').onclick = () => { const open = $('menus').hidden; memory.set('menus', open ? 'open' : 'closed'); shown(open); dispatchEvent(new Event('resize')) };

// clear takes back what narrows the view, and returns whether anything did.
export function clear() {
  const narrow = wanted.text || wanted.status || wanted.mark || wanted.field;
  Object.assign(wanted, { text: '', status: '', mark: '', field: '', value: undefined });
  $('find').value = '';
  if (narrow) { drawControls(); changed() }
  return !!narrow;
}
