// Which shots are shown, and in which order.
import { speech } from './words.mjs';
import { cellsOf } from './items.mjs';

export const plainText = s => s.normalize('NFKC').toLowerCase();

// haystack is all text of an item that a search looks through. It is made once for each item.
export function haystack(r, columns) {
  return r.hay ??= plainText([r.id, r.prompt, r.actual_prompt, r.negative_prompt, r.model, r.size, r.seed, r.file, r.task_id, r.error_code, r.error_message,
    ...cellsOf(r, columns)].join('\n'));
}

// fieldsOf are what shots can be filtered and grouped by: the sheet's own columns first. Their keys do not depend on the language.
export function fieldsOf(columns, marks) {
  const { t } = speech;
  const markOf = s => { const { keep } = marks.get(s); return s.file ? keep > 0 ? t.picked : keep < 0 ? t.rejected : t.unmarked : '' };
  return [
    ...columns.map(c => ({ key: 'column:' + c, label: c, of: s => s.r.columns?.[c] || '' })),
    { key: 'mark', label: t.mark, of: markOf },
    { key: 'stars', label: t.stars, of: s => '★'.repeat(marks.get(s).stars) },
    { key: 'status', label: t.status, of: s => t[s.r.status] || s.r.status },
    { key: 'model', label: t.model, of: s => s.r.model || '' },
    { key: 'size', label: t.size, of: s => s.r.width ? s.r.width + ' × ' + s.r.height : '' },
    { key: 'code', label: t.code, of: s => s.r.error_code || '' },
  ];
}

// rowField groups the variants of a row.
export const rowField = () => ({ key: 'row', label: speech.t.variants, of: s => speech.t.row(String(s.r.row)) });

const order = new Intl.Collator(undefined, { numeric: true });

// valuesOf counts the values of a field, the most frequent first.
export function valuesOf(shots, field) {
  const n = new Map();
  for (const s of shots) { const v = field.of(s); n.set(v, (n.get(v) || 0) + 1) }
  return [...n].sort((a, b) => b[1] - a[1] || order.compare(a[0], b[0]));
}

// varies reports whether a field has more than one value.
export const varies = (shots, field) => { const first = shots.length && field.of(shots[0]); return shots.some(s => field.of(s) !== first) };

// choose returns the shots that fit: all words of the text, the status, the mark, the value of a field.
export function choose(shots, { text = '', status = '', mark = '', field, value }, marks, columns) {
  const parts = plainText(text).split(/\s+/).filter(Boolean);
  const wanted = { picked: 1, rejected: -1, unmarked: 0 }[mark];
  return shots.filter(s => (!status || s.r.status === status) && (!mark || s.file && marks.get(s).keep === wanted) &&
    (!field || value === undefined || field.of(s) === value) && parts.every(p => haystack(s.r, columns).includes(p)));
}

const took = r => r.finished_at && r.submitted_at ? Date.parse(r.finished_at) - Date.parse(r.submitted_at) : -1;
const ranks = {
  time: s => Date.parse(s.r.finished_at) || 0,
  took: s => took(s.r),
  cost: s => Number(s.r.cost || -1),
  pixels: s => (s.r.width || 0) * (s.r.height || 0) * 1e9 + (s.r.bytes || 0),
  stars: (s, marks) => marks.get(s).stars * 10 + marks.get(s).keep,
};
export const sortings = ['row', ...Object.keys(ranks), 'id'];

// sorted returns shots in another order; equal ones stay as in the sheet.
export function sorted(shots, by, reverse, marks) {
  let all = shots;
  if (by === 'id') all = [...shots].sort((a, b) => order.compare(a.r.id || '', b.r.id || ''));
  else if (ranks[by]) {
    const rank = new Map(shots.map(s => [s, ranks[by](s, marks)]));
    all = [...shots].sort((a, b) => rank.get(b) - rank.get(a));
  }
  return reverse ? [...all].reverse() : all;
}

// grouped returns the shots in groups with a name, in the order of their names; an empty name comes last.
export function grouped(shots, field) {
  const groups = new Map();
  for (const s of shots) { const name = field.of(s); groups.has(name) ? groups.get(name).push(s) : groups.set(name, [s]) }
  return [...groups].sort(([a], [b]) => !a - !b || order.compare(a, b)).map(([name, of]) => ({ name, shots: of }));
}
