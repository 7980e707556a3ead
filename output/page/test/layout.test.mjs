import test from 'node:test';
import assert from 'node:assert/strict';
import { arrange, lineAt, under, shapeOf, usualShape } from '../layout.mjs';

const measures = { width: 1000, gap: 10, wanted: 200, below: 60, heading: 40 };
const shots = n => Array.from({ length: n }, (_, i) => ({ file: 'x', r: { width: 100 + i % 7 * 20, height: 100 } }));
const shape = s => shapeOf(s, 1);

test('lines are as wide as the page, and nothing overlaps', () => {
  const a = arrange([{ shots: shots(100) }], shape, measures);
  for (const { first, next } of a.lines.slice(0, -1)) assert.ok(Math.abs(a.left[next - 1] + a.wide[next - 1] - 1000) < 1e-6);
  for (const [k, line] of a.lines.entries()) {
    if (k) assert.ok(line.y >= a.lines[k - 1].y + a.lines[k - 1].h + 60);
    for (let i = line.first + 1; i < line.next; i++) assert.ok(a.left[i] >= a.left[i - 1] + a.wide[i - 1] + 9.99);
  }
  assert.equal(a.lineOf.length, 100);
});
test('groups begin new lines under headings', () => {
  const a = arrange([{ name: 'north', shots: shots(3) }, { name: '', shots: shots(8) }], shape, measures);
  assert.deepEqual(a.headings.map(h => [h.name, h.count, h.first]), [['north', 3, 0], ['', 8, 3]]);
  assert.equal(a.lines[a.lineOf[3]].first, 3);
  assert.equal(a.lines[0].y, 40);
  assert.ok(a.headings[1].y >= a.lines[0].y + a.lines[0].h + 60);
});
test('lineAt and under find their way', () => {
  const a = arrange([{ shots: shots(100) }], shape, measures);
  for (const [k, line] of a.lines.entries()) assert.equal(lineAt(a.lines, line.y + 1), k);
  assert.equal(lineAt([], 5), 0);
  assert.equal(a.lineOf[under(a, 0, 1)], 1);
  assert.equal(a.lineOf[under(a, 99, 1)], a.lines.length - 1);
  assert.equal(a.lineOf[under(a, 99, -1)], a.lines.length - 2);
});
test('no shots make no lines; the usual shape is that of most', () => {
  assert.deepEqual(arrange([{ shots: [] }], shape, measures).lines, []);
  assert.equal(usualShape([{ r: { width: 2, height: 1 } }, { r: { width: 2, height: 1 } }, { r: { width: 1, height: 1 } }]), 2);
  assert.equal(usualShape([]), 4 / 3);
});
