import test from 'node:test';
import assert from 'node:assert/strict';
import { span, money, cut, address, millionths, decimal } from '../format.mjs';
import { pagesOf, perPage } from '../sheets.mjs';

test('times have two units', () => {
  assert.deepEqual([0, 15e3, 125e3, 3600e3, 90061e3].map(span), ['0 s', '15 s', '2 min 5 s', '1 h', '1 d 1 h']);
});
test('money is exact', () => {
  assert.equal(money('0.20', 'CNY'), '¥0.20');
  assert.equal(money('0.20', 'XYZ'), 'XYZ 0.20');
  assert.equal(decimal([...Array(3)].reduce(n => n + millionths('0.1'), 0)), '0.30');
  assert.equal(decimal(millionths('0.0625')), '0.0625');
  assert.equal(decimal(millionths('326.40')), '326.40');
});
test('texts are cut between characters, files become addresses', () => {
  assert.equal(cut('猫🐱猫', 2), '猫🐱…');
  assert.equal(address('images/图 1 #1%.png'), 'images/%E5%9B%BE%201%20%231%25.png');
});
test('60 pictures are 5 contact sheets', () => {
  const pages = pagesOf([...Array(60).keys()], perPage.sheet12);
  assert.deepEqual([pages.length, pages[4].length, pages.flat().length], [5, 12, 60]);
  assert.equal(pagesOf([1, 2, 3], perPage.sheet1).length, 3);
});
