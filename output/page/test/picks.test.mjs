import test from 'node:test';
import assert from 'node:assert/strict';
import { rejectedItems, price, redoFlag, shellWord, pickedIds, pickedFiles, picksCSV } from '../picks.mjs';
import { shotsOf } from '../items.mjs';

const item = (id, row, ...files) => ({ id, row, prompt: 'p ' + id, status: 'done', cost: '0.20', pictures: files.map(f => ['images/' + f, '']) });
const kept = keeps => ({ get: s => ({ keep: keeps[s.file] || 0, stars: keeps['*' + s.file] || 0 }) });

test('an item is bought again if a picture of it is rejected and none is picked', () => {
  const shots = shotsOf([item('a', 2, 'a.png'), item('b', 3, 'b.png', 'b2.png'), item('c', 4, 'c.png', 'c2.png')]);
  const marks = kept({ 'images/a.png': -1, 'images/b.png': -1, 'images/b2.png': 1, 'images/c2.png': -1 });
  assert.deepEqual(rejectedItems(shots, marks).map(r => r.id), ['a', 'c']);
});
test('the price is exact, and without pictures that were replaced', () => {
  const [a, b, c] = [item('a', 2, 'a.png'), { ...item('b', 3, 'b.png'), cost: '0.60' }, { ...item('c', 4, 'c.png', 'd.png'), model: 'dear', cost: '1.00' }];
  assert.equal(price([a, b], [a, b, c]), '0.40');
  assert.equal(price([a, b, c], [a, b, c]), '1.40');
  assert.equal(price([{ ...a, cost: undefined, model: 'free' }], [a]), '');
  assert.equal(price([], [a]), '');
});
test('the flag names items so that --redo finds them', () => {
  const flag = (items, windows) => redoFlag(items, items, windows);
  assert.equal(flag([item('SP-1003', 2, 'x.png'), item('SP-1017', 3, 'y.png')]), '--redo SP-1003,SP-1017');
  assert.equal(flag([item('', 2, '茶-1a2b.png')]), '--redo 茶-1a2b.png');
  for (const id of ['missing', '@home', 'row:3']) assert.equal(flag([item(id, 2, 'x.png')]), '--redo x.png');
  assert.equal(flag([item("it's, so", 2, 'x.png')]), `--redo '"it'\\''s, so"'`);
  assert.equal(flag([item('a b', 2, 'x.png')], true), '--redo "a b"');
  assert.equal(flag(Array.from({ length: 500 }, (_, i) => item('SP-' + i, i, i + '.png'))), '--redo @picks.csv');
});
test('the id of a row with several items means all of them, so one is named by its picture', () => {
  const rows = [item('cat', 2, 'cat.png'), item('cat-2', 2, 'cat-2.png')];
  assert.equal(redoFlag(rows.slice(0, 1), rows), '--redo cat.png');
});
test('a word of a shell stays one', () => {
  assert.equal(shellWord('a$(rm)`'), "'a$(rm)`'");
  assert.equal(shellWord('猫,b'), '猫,b');
});
test('picks are copied by id and by file', () => {
  const shots = shotsOf([item('a', 2, 'a.png', 'a2.png'), item('', 3, 'b.png'), item('c', 4, 'c.png')]);
  const marks = kept({ 'images/a.png': 1, 'images/a2.png': 1, 'images/b.png': 1 });
  assert.equal(pickedIds(shots, marks), 'a\nb.png');
  assert.equal(pickedFiles(shots, marks), 'images/a.png\nimages/a2.png\nimages/b.png');
});
test('picks.csv has a line a mark, in the order of the sheet, and no formula', () => {
  const shots = shotsOf([item('=a', 2, 'a.png'), item('b', 3, 'b,1.png'), item('c', 4, 'c.png')]);
  const marks = kept({ 'images/a.png': -1, 'images/b,1.png': 1, '*images/c.png': 3 });
  assert.equal(picksCSV(shots, marks), '\uFEFFid,row,file,keep,stars,sha256,prompt\r\n\'=a,2,images/a.png,✗,,,p =a\r\nb,3,"images/b,1.png",✓,,,p b\r\nc,4,images/c.png,,3,,p c\r\n');
});
