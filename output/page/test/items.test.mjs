import test from 'node:test';
import assert from 'node:assert/strict';
import { shotsOf, rowsWithVariants, titleOf, captionOf } from '../items.mjs';

const rows = [
  { id: 'cat', row: 2, status: 'done', pictures: [['images/cat.png', 'thumbs/cat.jpg']] },
  { id: 'cat-2', row: 2, status: 'done', pictures: [['images/cat-2.png', '']], older: ['images/replaced/cat-2.png'] },
  { id: '', row: 3, status: 'failed', prompt: 'a dog\nin the rain', columns: { sku: 'A-1', shop: 'north', note: 'x' } },
  { id: 'lone', row: 4, status: 'done', pictures: [['images/lone.png', '']] },
  { id: 'two', row: 5, status: 'done', pictures: [['images/two.png', ''], ['images/two-b.png', '']] },
  { id: 'lost', row: 6, status: 'missing', pictures: [['images/lost.png', '']] },
];
const columns = ['sku', 'shop', 'note'];

test('a shot is a picture, or an item without one', () => {
  assert.deepEqual(shotsOf(rows).map(s => s.file || ''), ['images/cat.png', 'images/cat-2.png', '', 'images/lone.png', 'images/two.png', 'images/two-b.png', '']);
  assert.equal(shotsOf(rows)[1].thumb, 'images/cat-2.png');
});
test('variants are the pictures of a row, replaced ones last', () => {
  assert.deepEqual(rowsWithVariants(shotsOf(rows)).map(g => g.map(s => s.file)),
    [['images/cat.png', 'images/cat-2.png', 'images/replaced/cat-2.png'], ['images/two.png', 'images/two-b.png']]);
});
test('the title is what people call the thing', () => {
  const [cat, , dog] = shotsOf(rows);
  assert.equal(titleOf(cat, columns), 'cat');
  assert.equal(titleOf(dog, columns), 'A-1 · north');
  assert.equal(titleOf(dog, []), 'a dog');
  assert.equal(titleOf({ r: { row: 7 }, i: 0 }, []), 'Row 7');
  assert.equal(titleOf({ ...cat, i: 1 }, []), 'cat · 2');
  assert.equal(captionOf(dog, columns), 'A-1 · north');
  assert.equal(captionOf({ r: { ...dog.r, id: 'dog' }, i: 0 }, columns), 'dog · A-1 · north');
});
