import test from 'node:test';
import assert from 'node:assert/strict';
import { choose, fieldsOf, valuesOf, varies, sorted, grouped, sortings } from '../find.mjs';
import { words } from '../words.mjs';

const row = (id, more) => ({ r: { id, row: 2, status: 'done', prompt: '', ...more }, i: 0, file: more?.status ? undefined : 'images/' + id });
const shots = [
  row('a', { prompt: 'Mountain at DAWN', columns: { shop: 'north' }, cost: '0.20', finished_at: '2026-11-22T10:00:15Z', submitted_at: '2026-11-22T10:00:00Z', width: 10, height: 10 }),
  row('b10', { prompt: '桌子上放着一些青花瓷', columns: { shop: 'south' }, cost: '0.50', finished_at: '2026-11-22T10:00:12Z', submitted_at: '2026-11-22T09:00:00Z', width: 20, height: 10 }),
  row('b9', { prompt: 'ｆｕｌｌ width', status: 'failed', error_code: 'X' }),
];
const marks = { get: s => ({ keep: s.r.id === 'a' ? 1 : 0, stars: s.r.id === 'b10' ? 5 : 0 }) };
const columns = ['shop'];
const ids = some => some.map(s => s.r.id).join(' ');

test('text is found in any case and width, by all its words', () => {
  assert.equal(ids(choose(shots, { text: 'dawn mountain' }, marks, columns)), 'a');
  assert.equal(ids(choose(shots, { text: '青花' }, marks, columns)), 'b10');
  assert.equal(ids(choose(shots, { text: 'FULL' }, marks, columns)), 'b9');
  assert.equal(ids(choose(shots, { text: 'south' }, marks, columns)), 'b10');
});
test('status, mark and any own column choose', () => {
  const [shop] = fieldsOf(columns, marks);
  assert.equal(ids(choose(shots, { status: 'failed' }, marks, columns)), 'b9');
  assert.equal(ids(choose(shots, { mark: 'picked' }, marks, columns)), 'a');
  assert.equal(ids(choose(shots, { mark: 'unmarked' }, marks, columns)), 'b10');
  assert.equal(ids(choose(shots, { field: shop, value: 'north' }, marks, columns)), 'a');
  assert.equal(ids(choose(shots, { field: shop, value: '' }, marks, columns)), 'b9');
  assert.deepEqual([varies(shots, shop), varies(shots.slice(0, 1), shop), varies([], shop)], [true, false, false]);
  assert.deepEqual(valuesOf(shots, shop), [['', 1], ['north', 1], ['south', 1]]);
});
test('each order has its words, and is right', () => {
  for (const by of sortings) for (const lang of ['en', 'zh']) assert.ok(words[lang].sorts[by], by + ' in ' + lang);
  const want = { row: 'a b10 b9', time: 'a b10 b9', took: 'b10 a b9', cost: 'b10 a b9', pixels: 'b10 a b9', stars: 'b10 a b9', id: 'a b9 b10' };
  for (const by of sortings) assert.equal(ids(sorted(shots, by, false, marks)), want[by], by);
  assert.equal(ids(sorted(shots, 'row', true, marks)), 'b9 b10 a');
});
test('groups stand in the order of their names, the empty one last', () => {
  const [shop] = fieldsOf(columns, marks);
  assert.deepEqual(grouped(shots, shop).map(g => g.name + ':' + ids(g.shots)), ['north:a', 'south:b10', ':b9']);
});
