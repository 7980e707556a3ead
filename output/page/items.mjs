// Shots are what the grid shows: a picture of an item, or an item without one.
import { speech } from './words.mjs';
import { number, cut } from './format.mjs';

// shotsOf returns the shots of all rows, in their order. A row is an item; several may come from one row of the sheet.
export function shotsOf(rows) {
  return rows.flatMap(r => {
    const pictures = r.status === 'missing' ? [] : r.pictures || [];
    if (!pictures.length) return [{ r, i: 0 }];
    return pictures.map(([file, thumb], i) => ({ r, i, file, thumb: thumb || file }));
  });
}

// rowsWithVariants groups the shots with pictures by their row of the sheet; the pictures that were replaced come last.
// Rows with a single picture are left out.
export function rowsWithVariants(shots) {
  const groups = new Map();
  for (const s of shots) if (s.file) groups.has(s.r.row) ? groups.get(s.r.row).push(s) : groups.set(s.r.row, [s]);
  const all = [];
  for (const group of groups.values()) {
    const items = [...new Set(group.map(s => s.r))];
    const older = items.flatMap(r => (r.older || []).map((file, i) => ({ r, i, file, thumb: file, older: true })));
    if (group.length + older.length > 1) all.push([...group, ...older]);
  }
  return all;
}

export const cellsOf = (r, columns) => columns.map(c => r.columns?.[c]);

// titleOf is what somebody calls an item: its id, else the first of the sheet's own columns, else the beginning of its prompt.
export function titleOf(s, columns) {
  const own = cellsOf(s.r, columns).filter(Boolean).slice(0, 2).map(c => cut(c, 60)).join(' · ');
  const name = s.r.id || own || cut((s.r.prompt || '').trim().split('\n')[0], 48) || speech.t.row(number(s.r.row));
  return name + (s.i ? ' · ' + (s.i + 1) : '') + (s.older ? ' · ' + speech.t.older : '');
}

// captionOf is the line below a picture: its title, and own columns that the title does not say.
export function captionOf(s, columns) {
  const own = cellsOf(s.r, columns).filter(Boolean).slice(0, 2).map(c => cut(c, 40));
  return [titleOf(s, columns), ...(s.r.id ? own : [])].join(' · ');
}
