import test from 'node:test';
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';

const folder = new URL('../', import.meta.url);
const modules = Object.fromEntries(readdirSync(folder).filter(f => f.endsWith('.mjs')).map(f => [f, readFileSync(new URL(f, folder), 'utf8')]));
const importLine = /^import (\* as )?(.+) from '\.\/(\w+\.mjs)';$/gm;
const exported = text => new Set([...text.matchAll(/^export (?:const|class|(?:async )?function) ([\w$]+)/gm)].map(m => m[1]));

// The one script of the page has no modules any more, which would tell.
test('what is imported is exported there, and used here', () => {
  for (const [name, text] of Object.entries(modules)) {
    for (const [line, all, names, from] of text.matchAll(importLine)) {
      const rest = text.replaceAll(importLine, '');
      const wanted = all ? [names] : names.replace(/[{}\s]/g, '').split(',');
      for (const n of wanted) {
        assert.ok(all || exported(modules[from]).has(n), `${name}: ${from} does not export ${n}`);
        assert.ok(new RegExp('(^|[^\\w$.]|\\.{3})' + n.replace('$', '\\$') + '(?![\\w$])').test(rest), `${name} does not use ${n}: ${line}`);
      }
    }
  }
});
test('what is exported is used somewhere', () => {
  const all = Object.values(modules).join('\n') + readdirSync(new URL('test/', folder)).map(f => readFileSync(new URL('test/' + f, folder), 'utf8')).join('\n');
  for (const [name, text] of Object.entries(modules)) {
    for (const n of exported(text)) assert.ok(all.split(new RegExp('(?<![\\w$])' + n.replace('$', '\\$') + '(?![\\w$])')).length > 2, `${name}: nobody uses ${n}`);
  }
});
test('a module is small', () => {
  for (const [name, text] of Object.entries(modules)) assert.ok(text.split('\n').length <= 200, name + ' has ' + text.split('\n').length + ' lines');
});
