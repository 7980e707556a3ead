import test from 'node:test';
import assert from 'node:assert/strict';
import { words } from '../words.mjs';
import { hints, hintOf } from '../hints.mjs';

// shape is what a text is in both languages: the same names, of the same kind, with as many arguments.
const shape = v => typeof v === 'function' ? 'function of ' + v.length : Array.isArray(v) ? v.map(shape) : typeof v === 'object' ? Object.fromEntries(Object.entries(v).map(([k, x]) => [k, shape(x)])) : typeof v;

test('both languages have the same words', () => assert.deepEqual(shape(words.zh), shape(words.en)));
test('Chinese is Chinese', () => {
  const flat = v => typeof v === 'function' ? [v('x', 'y')] : typeof v === 'object' ? Object.values(v).flatMap(flat) : [v];
  const latin = flat(words.zh).filter(s => !/\p{Script=Han}/u.test(s) && /[A-Za-z]{2}/.test(s));
  assert.deepEqual(latin, ['Switch to English', 'English', 'Enter', 'Esc', 'Ctrl+Z', 'Ctrl+P'].filter(w => latin.includes(w)).sort((a, b) => latin.indexOf(a) - latin.indexOf(b)));
  for (const [pattern, en, zh] of hints) assert.ok(/\p{Script=Han}/u.test(zh) && !/\p{Script=Han}/u.test(en), String(pattern));
});
test('a code wins over the status', () => {
  assert.match(hintOf({ status: 'failed', error_code: 'DataInspectionFailed' }, 'en'), /content check/);
  assert.match(hintOf({ status: 'failed', error_code: 'Unheard' }, 'en'), /--retry-failed/);
  assert.equal(hintOf({ status: 'done' }, 'en'), undefined);
});
