import test from 'node:test';
import assert from 'node:assert/strict';
import { placed, zoomed, moved, wholeView, fitting } from '../zoom.mjs';

const picture = { width: 2000, height: 1000 }, frame = { width: 500, height: 500 };
const near = (a, b) => assert.ok(Math.abs(a - b) < 1e-9, a + ' is not ' + b);

test('a whole picture is seen in the middle of its frame', () => {
  assert.equal(fitting(picture, frame), 0.25);
  assert.deepEqual(placed(wholeView, picture, frame), { left: 0, top: 125, width: 500, height: 250 });
});
test('what is under the pointer stays there', () => {
  const at = { x: 400, y: 200 }, before = placed(wholeView, picture, frame);
  const after = placed(zoomed(wholeView, 1, at, picture, frame), picture, frame);
  near((at.x - before.left) / before.width, (at.x - after.left) / after.width);
  assert.equal(after.width, 2000);
});
test('no picture is drawn out of its frame, and smaller than whole is whole', () => {
  const view = zoomed(wholeView, 1, { x: 250, y: 250 }, picture, frame);
  const { left, top } = placed(moved(view, 1e6, -1e6, picture, frame), picture, frame);
  near(left, 0);
  near(top, -500);
  assert.deepEqual(zoomed(view, 0.1, { x: 0, y: 0 }, picture, frame), wholeView);
  assert.deepEqual(moved(wholeView, 50, 50, picture, frame), wholeView);
});
test('moving follows the pointer', () => {
  const view = zoomed(wholeView, 1, { x: 250, y: 250 }, picture, frame), a = placed(view, picture, frame), b = placed(moved(view, 30, -20, picture, frame), picture, frame);
  near(b.left - a.left, 30);
  near(b.top - a.top, -20);
});
