// What somebody takes away from the page: the flag that buys rejected pictures again, names of the picked ones, and picks.csv.
import { millionths, decimal } from './format.mjs';

export const csvName = 'picks.csv';
// flagBytes is how long a --redo with names may be: a shell takes more, but people do not like to see it.
const flagBytes = 1500;

// rejectedItems are the items to buy again: those of which a picture was rejected and none was picked.
export function rejectedItems(shots, marks) {
  const keeps = new Map();
  for (const s of shots) {
    const { keep } = marks.get(s);
    if (keep) keeps.set(s.r, keeps.get(s.r) === 1 ? 1 : keep);
  }
  return [...keeps].filter(([, keep]) => keep < 0).map(([r]) => r);
}

// price is what buying items again costs. A picture of a model costs what the cheapest of that model has: the cost of an item
// has those in it that were replaced. It is empty where nobody knows.
export function price(items, rows) {
  const each = new Map();
  for (const r of rows) if (r.cost && r.pictures) each.set(r.model, Math.min(millionths(r.cost) / r.pictures.length, each.get(r.model) ?? Infinity));
  const sum = items.reduce((sum, r) => sum + each.get(r.model) * r.pictures.length, 0);
  return sum ? decimal(Math.round(sum)) : '';
}

const baseName = file => file.slice(file.lastIndexOf('/') + 1);
// redoName is what --redo calls an item: its picture, where its id means all items of a row, or something else.
const redoName = (r, several) => r.id && !several.has(r.row) && !/^(missing$|@|row:)/.test(r.id) ? r.id : baseName(r.pictures[0][0]);
function rowsOfSeveral(rows) {
  const seen = new Set(), several = new Set();
  for (const { row } of rows) seen.has(row) ? several.add(row) : seen.add(row);
  return several;
}
const csvCell = s => /[",\n\r]/.test(s) ? '"' + s.replaceAll('"', '""') + '"' : s;

// redoFlag is the flag that names items. So many that nobody wants to see them, or names with line breaks, are left to picks.csv.
export function redoFlag(items, rows, windows) {
  const several = rowsOfSeveral(rows), names = items.map(r => redoName(r, several)), list = names.map(csvCell).join(',');
  if (list.length > flagBytes || /[\n\r]/.test(list)) return '--redo @' + csvName;
  return '--redo ' + shellWord(list, windows);
}
// shellWord quotes a word for POSIX shells, or for those of Windows.
export function shellWord(s, windows) {
  if (/^[\p{L}\p{N}_.,:\/+=-]+$/u.test(s)) return s;
  return windows ? '"' + s.replaceAll('"', '""') + '"' : "'" + s.replaceAll("'", "'\\''") + "'";
}

export const picked = (shots, marks) => shots.filter(s => marks.get(s).keep > 0);
export const pickedIds = (shots, marks) => [...new Set(picked(shots, marks).map(s => s.r.id || baseName(s.file)))].join('\n');
export const pickedFiles = (shots, marks) => picked(shots, marks).map(s => s.file).join('\n');

// picksCSV is a line for each marked picture, in the order of the sheet. The sum tells --redo @picks.csv whether it still has
// the picture that was marked. It opens in Excel, so no cell may begin a formula;
// programs find the picture by its file, which never begins one.
export function picksCSV(shots, marks) {
  const lines = [['id', 'row', 'file', 'keep', 'stars', 'sha256', 'prompt']];
  for (const s of shots) {
    const { keep, stars } = marks.get(s);
    if (keep || stars) lines.push([s.r.id || '', String(s.r.row), s.file, keep > 0 ? '✓' : keep < 0 ? '✗' : '', stars ? String(stars) : '', s.r.sha256 || '', s.r.prompt || '']);
  }
  const safe = c => /^[=+\-@\t\r\n＝＋－＠]/.test(c) ? "'" + c : c;
  return '\uFEFF' + lines.map(l => l.map(c => csvCell(safe(c))).join(',') + '\r\n').join('');
}
