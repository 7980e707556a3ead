import test from 'node:test';
import assert from 'node:assert/strict';
import { Marks } from '../marks.mjs';

const memory = () => { const m = new Map(); return { get: k => m.get(k), set: (k, v) => (m.set(k, v), true), m } };
const shot = (file, sha256 = 'aaaaaaaaaa') => ({ r: { sha256 }, i: 0, file });

test('marks are kept by batch, and read again', () => {
  const store = memory(), marks = new Marks(store, 'tea');
  marks.set([shot('a')], { keep: 1 });
  marks.set([shot('a')], { stars: 4 });
  marks.set([shot('b')], { keep: -1 });
  assert.deepEqual(new Marks(store, 'tea').get(shot('a')), { keep: 1, stars: 4 });
  assert.deepEqual(new Marks(store, 'coffee').get(shot('a')), { keep: 0, stars: 0 });
  assert.deepEqual(marks.count([shot('a'), shot('b'), shot('c'), { r: {} }]), { picked: 1, rejected: 1, starred: 1, pictures: 3 });
});
test('a picture that replaced another one bears no mark', () => {
  const marks = new Marks(memory(), 'tea');
  marks.set([shot('a')], { keep: -1 });
  assert.equal(marks.get(shot('a', 'bbbbbbbbbb')).keep, 0);
  assert.equal(marks.get({ ...shot('a'), older: true }).keep, 0);
});
test('marks of the workbook come with the page, and those made here go before them', () => {
  const store = memory(), marks = new Marks(store, 'tea');
  const of = (file, ...keeps) => keeps.map((_, i) => ({ r: { sha256: 'aaaaaaaaaa', keeps }, i, file: file + i }));
  const [a, b] = of('a', 1, -1), [c] = of('c', -1);
  const keeps = m => [a, b, c].map(s => m.get(s).keep);
  assert.deepEqual(keeps(marks), [1, -1, -1]);
  assert.equal(marks.get({ ...a, older: true }).keep, 0);
  marks.set([a], { stars: 3 });
  marks.set([b], { keep: 0 });
  marks.set([c], { keep: 1 });
  assert.deepEqual([keeps(marks), marks.get(a).stars], [[1, 0, 1], 3]);
  assert.deepEqual(keeps(new Marks(store, 'tea')), [1, 0, 1]);
  marks.undo();
  marks.undo();
  assert.deepEqual(keeps(marks), [1, -1, -1]);
});
test('undo takes changes back, one after the other', () => {
  const marks = new Marks(memory(), 'tea');
  marks.set([shot('a')], { keep: 1 });
  marks.set([shot('a'), shot('b')], { keep: -1 });
  assert.equal(marks.undo(), true);
  assert.deepEqual([marks.get(shot('a')).keep, marks.get(shot('b')).keep], [1, 0]);
  marks.undo();
  assert.equal(marks.get(shot('a')).keep, 0);
  assert.equal(marks.undo(), false);
});
test('an item without a picture takes no mark, damage and a full store lose nothing else', () => {
  const marks = new Marks({ get: () => '{"a":', set: () => false }, 'tea');
  marks.set([{ r: {}, i: 0 }], { keep: 1 });
  assert.equal(marks.kept, true);
  marks.set([shot('a')], { keep: 1 });
  assert.deepEqual([marks.kept, marks.get(shot('a')).keep], [false, 1]);
});
