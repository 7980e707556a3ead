// What the page shows: its data, the marks, and what somebody has chosen to see.
import { shotsOf, rowsWithVariants } from './items.mjs';
import { Marks } from './marks.mjs';
import { fieldsOf, rowField, choose, sorted, grouped } from './find.mjs';
import { $, memory } from './dom.mjs';

export const page = JSON.parse($('page').textContent);
export const columns = page.columns || []; // named apart: an object would put "2024" first
export const rows = [...document.querySelectorAll('script.rows')].flatMap(s => { const r = JSON.parse(s.textContent); s.remove(); return r });
export const statuses = ['done', 'failed', 'held', 'missing', 'running', 'pending', 'skipped', 'abandoned'];
export const shots = shotsOf(rows);
export const marks = new Marks(memory, 'marks.' + (page.manifest || page.title));
page.counts ||= rows.reduce((n, r) => { n[r.status] = (n[r.status] || 0) + 1; return n }, {});

// wanted is what somebody asks to see, chosen what is to be compared; shown is what follows of it, in order.
export const wanted = { text: '', status: '', mark: '', field: '', value: undefined, sort: 'row', reverse: false, group: '' };
export const view = { shown: shots, groups: [{ shots }], chosen: [], active: 0, hovered: -1 };
export const fields = () => fieldsOf(columns, marks);
export const fieldOf = key => [...fields(), rowField()].find(f => f.key === key);

// find follows what is wanted.
export function find() {
  const fitting = choose(shots, { ...wanted, field: fieldOf(wanted.field) }, marks, columns);
  const inOrder = sorted(fitting, wanted.sort, wanted.reverse, marks), by = fieldOf(wanted.group);
  view.groups = by ? grouped(inOrder, by) : [{ shots: inOrder }];
  view.shown = by ? view.groups.flatMap(g => g.shots) : inOrder;
  view.active = Math.min(view.active, Math.max(view.shown.length - 1, 0));
  view.hovered = -1;
}

// variants are the groups of pictures of one row, and which of them a shot is in.
export const variants = rowsWithVariants(shots);
const groupsByShot = new Map(variants.flatMap((g, i) => g.map(s => [s, i])));
export const variantsOf = s => groupsByShot.get(s) ?? -1;

// listeners are told when marks change, or what is chosen for comparing.
const listeners = [];
export const onMarks = f => listeners.push(f);
export const tellMarks = () => { for (const f of listeners) f() };
export function mark(s, change) {
  if (!s?.file || s.older) return false;
  marks.set([s], change);
  tellMarks();
  return true;
}
