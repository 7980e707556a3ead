// Usage: node test.mjs CHROMIUM FOLDER [PART OF A NAME]. The folder holds few.html, marked.html, none.html, sixty.html and many.html
// (10,000 rows), as e2e_test.go writes them. axe-core is looked for beside this file: npm ci installs it. Prints a line a check and exits 1 where one fails.
import { launch } from './browser.mjs';
import { readFileSync, renameSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';

const [chromium, folder] = process.argv.slice(2);
const url = name => pathToFileURL(join(folder, name)).href;
const browser = await launch(chromium);
let bad = 0;
setTimeout(() => { console.log('FAIL it hangs'); process.exit(1) }, 280000).unref();

async function check(name, options, f) {
  if (process.argv[4] && !name.includes(process.argv[4])) return;
  const tab = await browser.open(options);
  const want = (what, got, wanted) => {
    if (JSON.stringify(got) !== JSON.stringify(wanted)) throw new Error(what + ' = ' + JSON.stringify(got) + ', want ' + JSON.stringify(wanted));
  };
  try {
    const said = await f(tab, want);
    want('console', tab.complaints, []);
    console.log('ok   ' + name + (said ? ': ' + said : ''));
  } catch (e) {
    bad++;
    console.log('FAIL ' + name + ': ' + e.message);
  }
  await tab.close();
}

const focused = () => document.activeElement.getAttribute('aria-label') || document.activeElement.textContent;
const tiles = () => document.querySelectorAll('.tile').length;
const name = () => document.getElementById('name')?.textContent;
const isOpen = () => document.getElementById('large').open;
const marked = () => [...document.querySelectorAll('.tile')].map(t => t.classList.contains('picked') ? '+' : t.classList.contains('rejected') ? '-' : '.').join('');
const tray = () => [...document.querySelectorAll('#picks button')].map(b => b.textContent);
const sum = n => String(n).padStart(64, '0');
const clipboard = () => navigator.clipboard.readText();
const few = { url: url('few.html') };

await check('opens from disk, shows its head and its pictures', few, async (tab, want) => {
  want('title', await tab.run(() => document.querySelector('h1').textContent), 'Tea & <b>mountains</b>');
  want('tiles', await tab.run(tiles), 9);
  want('figures', await tab.run(() => [...document.querySelectorAll('.figures dd')].map(d => d.textContent)), ['5', '1', '1', '1', '¥1.20', '1 h']);
  await tab.run(async () => { while ([...document.querySelectorAll('.tile img')].some(i => !i.complete)) await new Promise(requestAnimationFrame) });
  want('broken pictures', await tab.run(() => [...document.querySelectorAll('.tile img')].filter(i => !i.naturalWidth).length), 0);
  want('pictures without width or height', await tab.run(() => [...document.querySelectorAll('img')].filter(i => !i.width || !i.height).length), 0);
});
await check('runs no script of a value', few, async (tab, want) => {
  want('window.pwned', await tab.run(() => window.pwned), undefined);
  want('elements from values', await tab.run(() => document.querySelectorAll('main script, main b:not(.words b), h1 *').length), 0);
});
await check('lets nothing in from outside', few, async (tab, want) => {
  want('script', await tab.run(() => { const s = document.createElement('script'); s.textContent = 'window.pwned = 1'; document.body.append(s); return window.pwned }), undefined);
  want('fetch', await tab.run(() => fetch('https://example.com/').then(() => 'went out', () => 'refused')), 'refused');
  tab.complaints.length = 0; // which the browser complains of, rightly
});
await check('finds by text, in Chinese too, and by status', few, async (tab, want) => {
  await tab.key('/');
  want('focus after /', await tab.run(focused), 'Find pictures');
  await tab.call('Input.insertText', { text: 'MOUNTAIN dawn' });
  await tab.run(() => new Promise(done => setTimeout(done, 200)));
  want('tiles', await tab.run(tiles), 1);
  want('count', await tab.run(() => document.getElementById('count').textContent), '1 of 9');
  await tab.key('Escape');
  want('tiles after Esc', await tab.run(tiles), 9);
  await tab.call('Input.insertText', { text: '青花瓷' });
  await tab.run(() => new Promise(done => setTimeout(done, 200)));
  want('tiles of 青花瓷', await tab.run(tiles), 1);
  await tab.key('Escape');
  await tab.click('#chips button:nth-child(3)');
  want('failed', await tab.run(() => [...document.querySelectorAll('.tile')].map(t => t.textContent)), ['Failed, lost, FailedDataInspectionFailedInput data may contain inappropriate content.a failed onelost']);
});
await check('goes by keyboard through grid and large view', few, async (tab, want) => {
  await tab.key('/');
  await tab.key('Enter');
  want('focus', (await tab.run(focused)).split(',')[0], 'tea');
  await tab.key('ArrowRight');
  await tab.key('Enter');
  want('large', [await tab.run(isOpen), await tab.run(name)], [true, 'mountains']);
  await tab.key('ArrowRight');
  want('after →', await tab.run(name), 'vase');
  await tab.key('ArrowLeft');
  await tab.key('ArrowLeft');
  want('after ← ←', await tab.run(name), 'tea');
  await tab.key('ArrowLeft');
  want('before the first', await tab.run(name), 'tea');
  want('address', await tab.run(() => location.hash), '#tea');
  await tab.key('Escape');
  want('after Esc', [await tab.run(isOpen), (await tab.run(focused)).split(',')[0]], [false, 'tea']);
  await tab.key('End');
  want('after End', (await tab.run(focused)).split(',')[0], 'Held');
});
await check('copies prompt, seed and everything', few, async (tab, want) => {
  await tab.run(() => document.querySelector('.opens').click());
  await tab.click('.above .copy');
  want('prompt', await tab.run(clipboard), 'A cup of tea\n</script><script>window.pwned=1</script>');
  await tab.click('.facts-list .copy');
  want('seed', await tab.run(clipboard), '42');
  await tab.click('#json');
  const all = JSON.parse(await tab.run(clipboard));
  want('everything', [all.id, all.seed, all.columns, all.pictures, all.hay], ['tea', 42, { '2024': 'old', 用途: '<i>x</i>' }, undefined, undefined]);
  want('what a reader hears', await tab.run(() => document.getElementById('said').textContent), 'Copied');
});
await check('picks, rejects and gives stars by keys and buttons, and takes it back', few, async (tab, want) => {
  await tab.key('/');
  await tab.key('Enter');
  await tab.key('p');
  await tab.key('ArrowRight');
  await tab.key('x');
  want('marks', await tab.run(marked), '+-.......');
  await tab.key('X', 8);
  want('focus after Shift+X', (await tab.run(focused)).split(',')[0], 'vase');
  await tab.key('3');
  want('stars', await tab.run(() => document.querySelectorAll('.tile')[2].querySelector('.lit').textContent), '★★★');
  await tab.key('z', 2);
  want('stars taken back', await tab.run(() => document.querySelectorAll('.tile')[2].querySelector('.lit').textContent), '');
  await tab.run(() => document.querySelectorAll('.tile')[3].querySelector('.reject').click());
  want('after a button', await tab.run(marked), '+-.-.....');
  await tab.key('ArrowRight');
  await tab.key('ArrowRight');
  await tab.key('p');
  await tab.key('u');
  want('after U', await tab.run(marked), '+-.-.....');
  await tab.key('End');
  await tab.key('x');
  want('an item without a picture', await tab.run(marked), '+-.-.....');
  want('what a reader hears', await tab.run(() => document.querySelector('.opens').textContent.split(', ').slice(0, 2)), ['tea', 'Picked']);
});
await check('keeps marks, and hands them on', few, async (tab, want) => {
  await tab.run(() => localStorage.clear());
  await tab.go(few.url);
  await tab.key('/');
  await tab.key('Enter');
  for (const key of ['p', 'ArrowRight', 'x', 'ArrowRight', '5', 'ArrowRight', 'x']) await tab.key(key);
  want('tray', await tab.run(tray), ['Copy --redo for 2, ¥0.40', 'Copy ids', 'Copy files', 'Save picks.csv', 'Forget all marks']);
  await tab.click('#redo');
  want('flag', await tab.run(clipboard), `--redo 'mountains,图 3 #1%.png'`);
  await tab.click('#picks button:nth-of-type(2)');
  want('ids', await tab.run(clipboard), 'tea');
  await tab.click('#picks button:nth-of-type(3)');
  want('files', await tab.run(clipboard), 'images/图 0 #1%.png');
  want('picks.csv', await tab.run(async () => {
    const blobs = [], was = URL.createObjectURL;
    URL.createObjectURL = b => { blobs.push(b); return was.call(URL, b) };
    document.querySelectorAll('#picks button')[3].click();
    return blobs[0].text();
  }), 'id,row,file,keep,stars,sha256,prompt\r\ntea,2,images/图 0 #1%.png,✓,,' + sum(0) + ',"A cup of tea\n</script><script>window.pwned=1</script>"\r\n' +
    'mountains,3,images/图 1 #1%.png,✗,,' + sum(1) + ',Mountains at dawn\r\nvase,4,images/图 2 #1%.png,,5,' + sum(2) + ',桌子上放着一些青花瓷\r\n,5,images/图 3 #1%.png,✗,,' + sum(3) + ',<img src=x onerror=window.pwned=2>\r\n');
  await tab.go(few.url);
  want('after the page was opened again', await tab.run(marked), '+-.-.....');
  await tab.run(() => [...document.querySelectorAll('#chips button')].find(b => b.textContent.startsWith('Rejected')).click());
  want('rejected ones', await tab.run(tiles), 2);
  await tab.key('Escape');
  await tab.run(() => [...document.querySelectorAll('#picks button')].at(-1).click());
  want('after all are forgotten', await tab.run(marked), '.........');
  await tab.key('z', 2);
  want('and taken back', await tab.run(marked), '+-.-.....');
});
await check('bears the marks of the workbook, until others are made', { url: url('marked.html') }, async (tab, want) => {
  await tab.run(() => localStorage.clear());
  await tab.go(url('marked.html'));
  want('marks', await tab.run(marked), '+-.......');
  want('tray', (await tab.run(tray))[0], 'Copy --redo for 1, ¥0.20');
  await tab.key('/');
  await tab.key('Enter');
  for (const key of ['u', 'ArrowRight', 'p']) await tab.key(key);
  await tab.go(url('marked.html'));
  want('after others were made', await tab.run(marked), '.+.......');
  await tab.run(() => [...document.querySelectorAll('#picks button')].at(-1).click());
  want('after all are forgotten', await tab.run(marked), '.........');
  await tab.run(() => document.querySelector('.opens').click());
  await tab.click('#json');
  want('what is copied', JSON.parse(await tab.run(clipboard)).keeps, undefined);
  await tab.run(() => localStorage.clear());
});
const places = () => [...document.querySelectorAll('.pane img:not(.under)')].map(i => ['left', 'top', 'width'].map(k => Math.round(parseFloat(i.style[k]))).join(' '));
await check('compares side by side, at one zoom', few, async (tab, want) => {
  await tab.run(async () => { while ([...document.querySelectorAll('.tile img')].some(i => !i.complete)) await new Promise(requestAnimationFrame) });
  await tab.key('/');
  await tab.key('Enter');
  for (const key of ['c', 'ArrowRight', 'c', 'ArrowRight', 'c', 'v']) await tab.key(key);
  await tab.run(async () => { while ([...document.querySelectorAll('.pane img')].some(i => !i.complete)) await new Promise(requestAnimationFrame) });
  want('panes', await tab.run(() => document.querySelectorAll('#compare[open] figure').length), 3);
  await tab.key('z');
  const all = await tab.run(places);
  want('the same place in all', all.every(p => p === all[0]), true);
  want('a pixel is one of the screen', all[0].split(' ')[2], '640');
  const before = all[0].split(' ').map(Number);
  const at = await tab.run(() => { const b = document.querySelector('.pane').getBoundingClientRect(); return { x: b.x + 200, y: b.y + 200 } });
  await tab.call('Input.dispatchMouseEvent', { type: 'mousePressed', ...at, button: 'left', clickCount: 1 });
  await tab.call('Input.dispatchMouseEvent', { type: 'mouseMoved', x: at.x - 50, y: at.y, button: 'left', buttons: 1 });
  await tab.call('Input.dispatchMouseEvent', { type: 'mouseReleased', x: at.x - 50, y: at.y, button: 'left', clickCount: 1 });
  await tab.frames(2);
  const after = await tab.run(places);
  want('drawn together', [after.every(p => p === after[0]), Number(after[0].split(' ')[0]) - before[0]], [true, -50]);
  await tab.key('z');
  await tab.key('ArrowRight');
  await tab.key('p');
  await tab.key('b');
  want('one is seen while they blink', await tab.run(() => [...document.querySelectorAll('.panes figure')].filter(f => getComputedStyle(f).visibility === 'visible').length), 1);
  await tab.key('Escape');
  want('the picked one', await tab.run(marked), '.+.......');
  await tab.key('z', 2);
});
await check('compares the variants of a row, and goes on to the next row', few, async (tab, want) => {
  const shown = () => [...document.querySelectorAll('.panes figure')].map(f => f.getAttribute('aria-label'));
  await tab.run(() => document.querySelectorAll('.opens')[4].focus());
  await tab.key('v');
  want('two of one request', await tab.run(shown), ['twice', 'twice · 2']);
  await tab.key('ArrowUp');
  want('one and what it replaced', await tab.run(shown), ['mountains', 'mountains · replaced']);
  want('marks of the replaced one', await tab.run(() => document.querySelectorAll('.panes .marks').length), 1);
  await tab.key('ArrowUp');
  want('no row before', await tab.run(() => document.getElementById('rowplace').textContent), 'Row 1 of 2 with variants');
});
await check('turns with a finger, and zooms with two', { ...few, width: 390, height: 740, touch: true }, async (tab, want) => {
  await tab.run(() => document.querySelector('.opens').click());
  await tab.run(async () => { while ([...document.querySelectorAll('.pane img')].some(i => !i.complete)) await new Promise(requestAnimationFrame) });
  const touch = (type, ...points) => tab.call('Input.dispatchTouchEvent', { type, touchPoints: points.map(([x, y], id) => ({ x, y, id })) });
  await touch('touchStart', [300, 150]);
  for (const x of [250, 180, 100]) await touch('touchMove', [x, 152]);
  await touch('touchEnd');
  await tab.frames(3);
  want('after a swipe', await tab.run(name), 'mountains');
  const width = () => Math.round(parseFloat(document.querySelector('.pane img:not(.under)').style.width));
  const whole = await tab.run(width);
  await touch('touchStart', [150, 150], [200, 150]);
  await touch('touchMove', [125, 150], [225, 150]);
  await touch('touchMove', [100, 150], [250, 150]);
  await touch('touchEnd');
  await tab.frames(3);
  want('three times as large', Math.round(await tab.run(width) / whole * 10) / 10, 3);
  want('still the same picture', await tab.run(name), 'mountains');
});
await check('filters, groups and sorts by the columns of the sheet', few, async (tab, want) => {
  const set = (id, value) => { const s = document.getElementById(id); s.value = value; s.dispatchEvent(new Event('change')) };
  const names = () => [...document.querySelectorAll('.tile')].map(t => t.querySelector('.words small').textContent.split(' · ')[0]);
  await tab.run(set, 'group', 'column:2024');
  want('groups', await tab.run(() => [...document.querySelectorAll('.title h3')].map(h => h.textContent)), ['new1', 'old5', '(empty)3']);
  want('the first is the new one', (await tab.run(names))[0], 'mountains');
  await tab.run(set, 'group', 'row');
  want('rows', await tab.run(() => [...document.querySelectorAll('.title h3')].slice(0, 2).map(h => h.textContent)), ['Row 21', 'Row 31']);
  await tab.run(set, 'group', '');
  await tab.run(set, 'field', 'column:2024');
  await tab.run(set, 'value', '2');
  want('only new ones', await tab.run(names), ['mountains']);
  await tab.run(set, 'field', '');
  await tab.run(set, 'sort', 'took');
  want('the slowest first', (await tab.run(names))[0], 'vase');
  await tab.click('#reverse');
  want('the other way round', (await tab.run(names)).at(-1), 'vase');
  const height = () => document.querySelector('.mat').offsetHeight;
  const before = await tab.run(height);
  await tab.run(() => { const r = document.getElementById('tile'); r.value = 400; r.dispatchEvent(new Event('input')) });
  want('larger pictures', await tab.run(height) > 1.3 * before, true);
});
await check('is titled by what people call the thing', few, async (tab, want) => {
  await tab.run(() => document.querySelectorAll('.opens')[3].click());
  want('name', await tab.run(name), '<i>x</i> · old');
});
await check('enlarges a picture by key, wheel and click', few, async (tab, want) => {
  await tab.run(() => document.querySelector('.opens').click());
  await tab.run(async () => { while ([...document.querySelectorAll('.pane img')].some(i => !i.complete)) await new Promise(requestAnimationFrame) });
  const width = () => Math.round(parseFloat(document.querySelector('.pane img:not(.under)').style.width));
  const whole = await tab.run(width);
  await tab.key('+');
  want('after +', await tab.run(width), Math.round(whole * 1.4));
  await tab.key('z');
  want('after z', await tab.run(width), whole);
  await tab.click('.pane');
  want('after a click', await tab.run(width) > whole, true);
  await tab.click('.pane');
  want('after another', await tab.run(width), whole);
});
await check('prints all that is shown, 12 on a page', { url: url('sixty.html') }, async (tab, want) => {
  await tab.run(() => { window.printed = 0; window.print = () => window.printed++ });
  await tab.key('p', 2);
  await tab.run(async () => { while (!window.printed) await new Promise(requestAnimationFrame) });
  const pages = async () => {
    const { data } = await tab.call('Page.printToPDF', { preferCSSPageSize: true, printBackground: true, paperWidth: 8.27, paperHeight: 11.69 });
    return Buffer.from(data, 'base64').toString('latin1').match(/\/Type \/Page\b(?!s)/g).length;
  };
  want('broken or unloaded pictures', await tab.run(() => [...document.querySelectorAll('#print img')].filter(i => !i.naturalWidth).length), 0);
  want('pages', await pages(), 5);
  await tab.run(() => { document.getElementById('paper').value = 'sheet1'; document.getElementById('find').value = 'tea 1'; document.getElementById('find').dispatchEvent(new Event('input')) });
  await tab.frames(3);
  const shown = Number(await tab.run(() => document.getElementById('count').textContent.split(' ')[0]));
  await tab.key('Escape');
  await tab.run(() => { window.printed = 0; document.getElementById('printing').click() });
  await tab.run(async () => { while (!window.printed) await new Promise(requestAnimationFrame) });
  want('one a page', [shown > 0, await pages()], [true, 60]);
});
await check('says what to do about an item without a picture', few, async (tab, want) => {
  await tab.run(() => [...document.querySelectorAll('.opens')].find(b => b.textContent.includes('Failed')).click());
  want('hint', await tab.run(() => /What to do.*content check.*In its own words.*inappropriate/s.test(document.getElementById('frame').textContent)), true);
});
await check('opens at an item by its address', { url: few.url + '#vase' }, async (tab, want) => want('name', await tab.run(name), 'vase'));
await check('speaks Chinese to a Chinese browser', { ...few, locale: 'zh-CN' }, async (tab, want) => {
  want('language', await tab.run(() => [document.documentElement.lang, document.querySelector('#chips button').firstChild.textContent]), ['zh', '全部']);
  await tab.click('#language');
  want('after the switch', await tab.run(() => document.documentElement.lang), 'en');
});
await check('is dark where the system is, and by its switch', { ...few, dark: true }, async (tab, want) => {
  const paper = () => getComputedStyle(document.body).backgroundColor;
  want('paper', await tab.run(paper), 'rgb(18, 18, 17)');
  await tab.click('#theme');
  want('paper after the switch', await tab.run(paper), 'rgb(247, 246, 243)');
});
for (const width of [320, 390, 768]) {
  await check('fits ' + width + ' pixels', { ...few, width, height: 740, touch: true }, async (tab, want) => {
    want('overflow', await tab.run(() => document.documentElement.scrollWidth - innerWidth), 0);
    await tab.run(() => document.querySelector('.opens').click());
    await tab.frames(3);
    want('overflow of the large view', await tab.run(() => document.getElementById('large').scrollWidth - innerWidth), 0);
  });
}
await check('has names and roles', few, async (tab, want) => {
  want('buttons without a name', await tab.run(() => [...document.querySelectorAll('button, input, a')].filter(e => !e.textContent.trim() && !e.getAttribute('aria-label') && !e.labels?.length).length), 0);
  const { nodes } = await tab.call('Accessibility.getFullAXTree');
  const roles = new Set(nodes.filter(n => !n.ignored).map(n => n.role.value));
  want('roles', ['banner', 'search', 'searchbox', 'main', 'list', 'listitem', 'button', 'status', 'contentinfo'].filter(r => !roles.has(r)), []);
  want('tab stops in the grid', await tab.run(() => document.querySelectorAll('.grid [tabindex="0"]').length), 1);
});
const axe = (() => { try { return readFileSync(new URL('node_modules/axe-core/axe.min.js', import.meta.url), 'utf8') } catch { console.log('skip axe-core is not installed: npm ci --prefix output/e2e') } })();
for (const dark of axe ? [false, true] : []) {
  await check('axe-core finds nothing in the ' + (dark ? 'dark' : 'light'), { ...few, dark }, async (tab, want) => {
    const states = { grid: [], marked: ['/', 'Enter', 'p', 'ArrowRight', 'x', 'c', 'ArrowRight', '3', 'c'], compare: ['v'], large: ['Escape', 'Enter'], help: ['Escape', '?'], failed: ['Escape', 'End', 'ArrowLeft', 'Enter'] };
    await tab.call('Runtime.evaluate', { expression: axe });
    for (const [state, keys] of Object.entries(states)) {
      for (const key of keys) await tab.key(key);
      await tab.run(() => new Promise(done => setTimeout(done, 400))); // what fades in has its colour
      want(state, await tab.run(async () => (await axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })).violations.map(v => v.id + ': ' + v.nodes.slice(0, 2).map(n => n.html.slice(0, 120)).join(' | '))), []);
    }
  });
}
for (const dark of [false, true]) {
  await check('has contrast in the ' + (dark ? 'dark' : 'light'), { ...few, dark }, async (tab, want) => {
    const weak = await tab.run(() => {
      const probe = document.body.appendChild(document.createElement('i'));
      const light = name => {
        probe.style.color = 'var(--' + name + ')';
        const [r, g, b] = getComputedStyle(probe).color.match(/[\d.]+/g).map(c => c / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
      };
      const found = [];
      for (const paper of ['paper', 'card', 'mat']) {
        for (const ink of ['ink', 'dim', 'accent', 'done', 'failed', 'held', 'running', 'pending', 'missing']) {
          const [a, b] = [light(ink), light(paper)].sort((x, y) => y - x);
          if (a / b < 4.5) found.push(ink + ' on ' + paper + ' ' + (a / b).toFixed(2));
        }
      }
      return found;
    });
    want('below 4.5', weak, []);
  });
}
await check('shows an empty batch', { url: url('none.html') }, async (tab, want) => want('word', await tab.run(() => document.getElementById('nothing').textContent), 'This batch has no items yet.'));

// A machine may be slow or busy, so counts, memory and ratios decide, and times are only told. What work is compared with is
// the making of 2,000 elements with a text.
const yardstick = async () => {
  for (let round = 0; round < 5; round++) {
    const list = document.body.appendChild(document.createElement('div'));
    for (let i = 0; i < 2000; i++) list.appendChild(document.createElement('p')).textContent = 'item ' + i;
    list.getBoundingClientRect();
    await new Promise(requestAnimationFrame);
    list.remove();
  }
};
await check('10,000 pictures', {}, async (tab, want) => {
  const metrics = async () => Object.fromEntries((await tab.call('Performance.getMetrics')).metrics.map(m => [m.name, m.value]));
  await tab.call('Performance.enable', { timeDomain: 'threadTicks' }); // the processor's time: another program's share is not in it
  await tab.go(url('none.html')); // which begins the process that the measured page is in
  const idle = await metrics();
  await tab.run(yardstick);
  const start = await metrics(), unit = (start.TaskDuration - idle.TaskDuration) * 1000 / 5, begin = Date.now();
  await tab.go(url('many.html'));
  const load = Date.now() - begin, before = await metrics(), opening = before.TaskDuration - start.TaskDuration;
  const scroll = await tab.run(async () => {
    const long = [], frames = [];
    new PerformanceObserver(l => long.push(...l.getEntries().map(e => Math.round(e.duration)))).observe({ type: 'longtask' });
    let last = performance.now();
    for (let i = 0; i < 240; i++) { // 7,200 pixels a second, which is a hard flick, then leaps
      scrollTo(0, i < 200 ? i * 120 : Math.random() * document.documentElement.scrollHeight);
      await new Promise(requestAnimationFrame);
      frames.push(performance.now() - last);
      last = performance.now();
    }
    await new Promise(done => setTimeout(done, 300));
    frames.sort((a, b) => a - b);
    return { long, median: frames[120], slow: frames[236], worst: frames[239], tiles: document.querySelectorAll('.tile').length, height: document.documentElement.scrollHeight };
  });
  const after = await metrics(), work = (after.TaskDuration - before.TaskDuration) * 1000 / 240;
  const find = await tab.run(async () => {
    const input = document.getElementById('find');
    const took = async text => {
      const begin = performance.now(), before = document.getElementById('count').textContent;
      input.value = text;
      input.dispatchEvent(new Event('input'));
      while (document.getElementById('count').textContent === before) await new Promise(requestAnimationFrame);
      return Math.round(performance.now() - begin);
    };
    return [await took('dawn 99'), await took('dawn 999'), document.getElementById('count').textContent];
  });
  const found = await metrics(), search = (found.TaskDuration - after.TaskDuration) * 1000 / 2;
  const mark = await tab.run(() => { const begin = performance.now(); for (let i = 0; i < 5; i++) document.querySelector('.tile .pick').click(); return Math.round((performance.now() - begin) / 5) });
  await tab.call('HeapProfiler.collectGarbage');
  const heap = (await tab.call('Runtime.getHeapUsage')).usedSize / 1e6;
  want('few tiles', scroll.tiles < 200, true);
  const times = { open: opening * 1000 / unit, frame: work / unit, search: search / unit };
  want('work to open, a frame and a search, as many times that of 2,000 elements, below the limits', [times.open < 15, times.frame < 1, times.search < 3], [true, true, true]);
  want('heap at most 40 MB', heap <= 40, true);
  want('bounds that hold on a busy machine too', [load < 10000, find[1] < 2000], [true, true]);
  return `work is ${times.open.toFixed(1)} (open), ${times.frame.toFixed(2)} (frame), ${times.search.toFixed(2)} (search) times that of 2,000 elements, ${unit.toFixed(1)} ms; opened in ${load} ms, ${(opening * 1000).toFixed(0)} ms of them work; heap ${heap.toFixed(1)} MB; ${scroll.tiles} tiles of ${scroll.height} pixels; ${work.toFixed(1)} ms of work a frame, ` +
    `frame ${scroll.median.toFixed(1)} ms, 98 % under ${scroll.slow.toFixed(1)} ms, worst ${scroll.worst.toFixed(1)} ms; long tasks while scrolling: ${scroll.long.length ? scroll.long.join(', ') + ' ms' : 'none'}; ` +
    `first search ${find[0]} ms, next ${find[1]} ms (${find[2]}), ${search.toFixed(0)} ms of work each; a mark ${mark} ms`;
});
await check('a page that holds its pictures needs no folder', { url: url('alone/single.html') }, async (tab, want) => {
  const settled = async sel => { while ([...document.querySelectorAll(sel)].some(i => !i.complete)) await new Promise(requestAnimationFrame); return [...document.querySelectorAll(sel)].map(i => i.naturalWidth > 0) };
  want('pictures', await tab.run(settled, '.tile img'), [true, true, true]);
  await tab.key('/');
  await tab.key('Enter');
  await tab.key('Enter');
  const shown = () => [...document.querySelectorAll('#frame img')].map(i => i.src.slice(0, 11));
  for (let n = 0; n < 3; n++) {
    want('large picture ' + n, [...new Set(await tab.run(settled, '#frame img'))], [true]);
    want('source', [...new Set(await tab.run(shown))], ['data:image/']);
    want('link to a file', await tab.run(() => document.querySelectorAll('#about a[target]').length), 0);
    await tab.key('ArrowRight');
  }
});
await check('a page without its folder says what it lacks', { url: url('alone/lost.html') }, async (tab, want) => {
  const lost = async sel => { while (!document.querySelector(sel)) await new Promise(requestAnimationFrame); return document.querySelector(sel).textContent };
  want('tile', await tab.run(lost, '.tile .card'), 'No folderKeep this page beside its images folder');
  await tab.key('/');
  await tab.key('Enter');
  await tab.key('Enter');
  want('large', (await tab.run(lost, '#frame .card')).includes('Keep this page beside its images folder'), true);
  tab.complaints.length = 0; // of the files that are not there
});
await check('a page of a run loads itself anew, and nothing is lost', { url: url('live.html') }, async (tab, want) => {
  want('what it says', await tab.run(() => /^Running: 30 of 60 so far, about 5\d min/.test(document.getElementById('live').textContent)), true);
  await tab.key('/');
  await tab.call('Input.insertText', { text: 'tea-' });
  await tab.run(() => new Promise(done => setTimeout(done, 200)));
  await tab.key('Enter');
  await tab.key('p');
  for (let n = 0; n < 3; n++) await tab.key('ArrowDown');
  await tab.key('c');
  const state = () => ({ focus: document.activeElement.closest('.tile')?.querySelector('b + small').textContent, y: Math.round(document.activeElement.getBoundingClientRect().y),
    text: document.getElementById('find').value, tray: [...document.querySelectorAll('#picks button')].map(b => b.textContent), chosen: document.querySelectorAll('.tile.chosen').length });
  const before = await tab.run(state);
  want('down the page', await tab.run(() => scrollY > 300), true);
  renameSync(join(folder, 'ended.html'), join(folder, 'live.html'));
  const start = Date.now();
  for (;;) {
    if (await tab.run(() => !document.getElementById('live') && !!document.querySelector('.tile')).catch(() => false)) break;
    if (Date.now() - start > 60000) throw new Error('it never loaded itself anew');
    await new Promise(done => setTimeout(done, 300));
  }
  want('what is as before', await tab.run(state), before);
  want('tiles', await tab.run(() => document.getElementById('count').textContent), '59 of 60');
  await tab.run(() => window.same = true);
  await new Promise(done => setTimeout(done, 3000));
  want('not loaded again', await tab.run(() => window.same), true);
  tab.complaints.length = 0; // the browser tells that the focus is where it was, and not on what has autofocus
});

await browser.close();
process.exit(bad ? 1 : 0);
