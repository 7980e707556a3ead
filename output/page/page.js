const $ = id => document.getElementById(id);
const page = JSON.parse($('page').textContent), columns = page.columns || []; // named apart: an object would put "2024" first
const rows = [...document.querySelectorAll('script.rows')].flatMap(s => { const r = JSON.parse(s.textContent); s.remove(); return r });
const statuses = ['done', 'failed', 'held', 'missing', 'running', 'pending', 'skipped', 'abandoned'];

// A shot is a tile of the grid: a picture of an item, or an item without one.
const shots = rows.flatMap(r => r.pictures && r.status !== 'missing' ? r.pictures.map((p, i) => ({ r, file: p[0], thumb: p[1] || p[0], i })) : [{ r, i: 0 }]);
let shown = shots, status = '', lang, t, current = -1;

const memory = {
  get(k) { try { return localStorage.getItem('qwenbatch.' + k) } catch { return null } },
  set(k, v) { try { localStorage.setItem('qwenbatch.' + k, v) } catch { } },
};

// make builds an element. Values from outside go into text and attributes only, never through a parser.
function make(tag, props, ...children) {
  const e = document.createElement(tag);
  for (const [k, v] of Object.entries(props || {})) {
    if (v === undefined || v === null || v === false) continue;
    if (k === 'text') e.textContent = v;
    else if (k.startsWith('on')) e.addEventListener(k.slice(2), v);
    else e.setAttribute(k, v === true ? '' : v);
  }
  e.append(...children.filter(c => c || c === 0));
  return e;
}
const address = file => file.split('/').map(encodeURIComponent).join('/');
const number = n => new Intl.NumberFormat(lang).format(n);
const sign = { CNY: '¥', USD: '$', EUR: '€', SGD: 'S$' };
const money = a => (sign[page.currency] || page.currency && page.currency + ' ' || '') + a;
const moment = s => { const d = new Date(s); return isNaN(d) ? s : d.toLocaleString(lang, { dateStyle: 'medium', timeStyle: 'medium' }) };
const cut = (s, n) => [...s.slice(0, 2 * n)].length > n ? [...s.slice(0, 2 * n)].slice(0, n).join('') + '…' : s;
const nameOf = s => (s.r.id || t.row(number(s.r.row))) + (s.i ? ' · ' + (s.i + 1) : '');
const hint = r => { const h = hints.find(h => r.error_code && h[0].test(r.error_code)) || hints.find(h => h[0].test(r.status)); return h && h[lang === 'zh' ? 2 : 1] };
function span(ms) {
  const u = lang === 'zh' ? [' 天', ' 小时', ' 分', ' 秒'] : [' d', ' h', ' min', ' s'], s = Math.round(ms / 1000);
  const parts = [s / 86400, s / 3600 % 24, s / 60 % 60, s % 60].map((n, i) => [Math.floor(n), u[i]]), at = parts.findIndex(p => p[0]);
  return at < 0 ? '0' + u[3] : parts.slice(at, at + 2).filter(p => p[0]).map(p => p[0] + p[1]).join(' ');
}

const cells = r => columns.map(c => r.columns?.[c]);

// ---- the head
function drawHead() {
  const counts = page.counts ||= rows.reduce((n, r) => ({ ...n, [r.status]: (n[r.status] || 0) + 1 }), {}), items = Object.values(counts).reduce((a, b) => a + b, 0);
  document.documentElement.lang = lang;
  for (const e of document.querySelectorAll('[data-t]')) e.textContent = t[e.dataset.t];
  $('kind').textContent = t.kind;
  $('badge').textContent = t.rehearsal;
  $('badge').hidden = !page.rehearsal;
  $('title').textContent = page.title;
  const models = [...new Set(rows.map(r => r.model).filter(Boolean))];
  $('facts').textContent = [page.manifest !== page.title && page.manifest, models.slice(0, 3).join(', ') + (models.length > 3 ? ' …' : ''),
    page.finished && new Date(page.finished).toLocaleDateString(lang, { dateStyle: 'long' })].filter(Boolean).join(' · ');
  const figure = (name, value, cls) => make('div', { class: cls }, make('dt', { text: name }), make('dd', { text: value }));
  $('figures').replaceChildren(...['done', ...statuses.slice(1).filter(s => counts[s])].map(s => figure(t[s], number(counts[s] || 0), s)),
    ...(page.spent ? [figure(page.rehearsal ? t.wouldHave : t.spent, money(page.spent))] : []),
    ...(page.started && page.finished ? [figure(t.took, span(new Date(page.finished) - new Date(page.started)))] : []));
  const parts = statuses.filter(s => counts[s]);
  $('bar').setAttribute('aria-label', parts.map(s => t[s] + ' ' + number(counts[s])).join(', '));
  $('bar').replaceChildren(...parts.map(s => { const i = make('i', { class: s }); i.style.flexGrow = counts[s] / items; return i }));
  $('find').placeholder = t.find;
  for (const [id, label] of [['find', t.findLabel], ['chips', t.statuses], ['theme', t.theme], ['language', t.otherLabel], ['back', t.back], ['next', t.next], ['close', t.close]])
    $(id).setAttribute('aria-label', label);
  $('language').textContent = t.other;
  $('foot').textContent = t.foot(page.tool);
  $('rest').hidden = rows.length >= items;
  $('rest').textContent = t.rest(number(rows.length), number(items));
  drawChips();
}
function drawChips() {
  const n = Object.groupBy ? Object.groupBy(shots, s => s.r.status) : shots.reduce((g, s) => ((g[s.r.status] ||= []).push(s), g), {});
  const chip = (key, label, count) => make('button', { type: 'button', 'aria-pressed': String(status === key), onclick: () => { status = key; drawChips(); filter() } },
    key && make('span', { class: 'dot ' + key }), label, make('small', { text: number(count) }));
  const kinds = statuses.filter(s => n[s]), focused = [...$('chips').children].indexOf(document.activeElement);
  $('chips').replaceChildren(...(kinds.length > 1 ? [chip('', t.all, shots.length), ...kinds.map(s => chip(s, t[s], n[s].length))] : []));
  $('chips').children[focused]?.focus();
}

// ---- the filter
const hay = s => s.r.hay ??= [s.r.id, s.r.prompt, s.r.actual_prompt, s.r.negative_prompt, s.r.model, s.r.size, s.r.seed, s.r.file, s.r.task_id, s.r.error_code,
  s.r.error_message, ...cells(s.r)].join('\n').normalize('NFKC').toLowerCase();
function filter() {
  const parts = $('find').value.normalize('NFKC').toLowerCase().split(/\s+/).filter(Boolean);
  shown = shots.filter(s => (!status || s.r.status === status) && parts.every(p => hay(s).includes(p)));
  $('count').textContent = t.of(number(shown.length), number(shots.length));
  $('nothing').hidden = shown.length > 0;
  $('nothing').textContent = shots.length ? t.none : t.empty;
  active = Math.min(active, Math.max(shown.length - 1, 0));
  if (scrollY > top0()) scrollTo(0, top0());
  refresh();
}

// ---- the grid: only what is on the screen and a screen around it is in the document, so that its size does not matter
const grid = $('grid'), live = new Map();
let lines = [], lineOf = [], left = [], wide = [], active = 0, asked = false;
const below = 66; // pixels of the words under a picture
const tools = document.querySelector('.tools');
const top0 = () => grid.getBoundingClientRect().top + scrollY - tools.offsetHeight - 14;
const usual = (() => { // the shape of most pictures; items without one take it too
  const n = new Map();
  for (const { r } of shots) if (r.width && r.height) n.set(r.width / r.height, (n.get(r.width / r.height) || 0) + 1);
  return [...n].sort((a, b) => b[1] - a[1])[0]?.[0] || 4 / 3;
})();
const shape = ({ r, file }) => Math.min(Math.max(file && r.width && r.height ? r.width / r.height : usual, 0.56), 2.2);

// arrange breaks the pictures into lines that are as wide as the page and all about equally high.
function arrange() {
  const w = grid.clientWidth, gap = parseFloat(getComputedStyle(document.documentElement).getPropertyValue('--gap'));
  const wanted = Math.min(Math.max(w * 0.152, 165), 270);
  let first = 0, sum = 0, y = 0;
  const end = (next, h) => {
    for (let i = first, x = 0; i < next; i++, x += wide[i - 1] + gap) { left[i] = x; wide[i] = h * shape(shown[i]); lineOf[i] = lines.length }
    lines.push({ first, next, y, h });
    y += h + below + gap;
    first = next;
    sum = 0;
  };
  lines = []; lineOf = []; left = []; wide = [];
  shown.forEach((s, i) => {
    const without = (w - gap * (i - first - 1)) / sum, and = (w - gap * (i - first)) / (sum + shape(s));
    if (i > first && and < wanted && without / wanted < wanted / and) end(i, without);
    sum += shape(s);
  });
  if (sum) end(shown.length, Math.min((w - gap * (shown.length - first - 1)) / sum, lines.at(-1)?.h || wanted * 1.15));
  grid.style.height = y + 'px';
}
function refresh() {
  for (const li of live.values()) li.remove();
  live.clear();
  arrange();
  draw();
}
// lineAt is the line at a height of the grid.
function lineAt(y) {
  let a = 0, b = lines.length;
  while (b - a > 1) { const m = a + b >> 1; if (lines[m].y <= y) a = m; else b = m }
  return a;
}
function draw() {
  asked = false;
  const from = -grid.getBoundingClientRect().top, first = lines[lineAt(from - innerHeight * 0.7)]?.first || 0, last = lines[lineAt(from + innerHeight * 1.7)]?.next || 0;
  const focused = document.activeElement?.closest?.('.tile');
  for (const [i, li] of live) if ((i < first || i >= last) && li !== focused) { li.remove(); live.delete(i) }
  let after = null;
  for (let i = last - 1; i >= first; i--) { // backwards, so that the order of the document is that of the grid
    let li = live.get(i);
    if (!li) {
      live.set(i, li = tile(shown[i], i));
      grid.insertBefore(li, after);
    }
    after = li;
  }
  document.documentElement.classList.toggle('stuck', scrollY > 40);
}
function ask() { if (!asked) { asked = true; requestAnimationFrame(draw) } }

function tile(s, i) {
  const { r } = s, alt = cut(r.prompt || nameOf(s), 140);
  const li = make('li', { class: 'tile', 'aria-setsize': shown.length, 'aria-posinset': i + 1 },
    make('button', { type: 'button', tabindex: i === active ? 0 : -1, 'aria-label': (s.file ? '' : t[r.status] + ': ') + nameOf(s) + ', ' + alt, onclick: () => open(i), onfocus: () => activate(i) },
      make('span', { class: 'mat' }, s.file ? thumb(s, alt) : card(r, cut(r.error_message || hint(r) || '', 200))),
      make('span', { class: 'words' }, make('b', { text: cut(r.prompt || '', 160), dir: 'auto' }),
        make('small', {}, s.file && r.status !== 'done' && make('i', { class: 'dot ' + r.status }), make('span', { text: caption(s) })))));
  const line = lines[lineOf[i]];
  li.style.transform = 'translate(' + left[i] + 'px,' + line.y + 'px)';
  li.style.setProperty('--w', wide[i] + 'px');
  li.style.setProperty('--h', line.h + 'px');
  return li;
}
const caption = s => [nameOf(s), ...cells(s.r).slice(0, 2)].filter(Boolean).map(c => cut(c, 40)).join(' · ');
function thumb(s, alt) {
  const { r } = s, k = 320 / Math.max(r.width || 320, r.height || 320, 320);
  const img = make('img', { loading: 'lazy', decoding: 'async', alt, width: Math.round((r.width || 320) * k), height: Math.round((r.height || 320) * k), src: address(s.thumb) });
  img.addEventListener('error', () => {
    if (s.thumb !== s.file) img.src = address(s.thumb = s.file);
    else img.replaceWith(card({ status: 'missing' }, t.gone));
  });
  return img;
}
const card = (r, text) => make('span', { class: 'card ' + r.status }, make('strong', {}, make('span', { class: 'dot' }), t[r.status] || r.status),
  r.error_code && make('small', { text: r.error_code }), make('span', { text, dir: 'auto' }));

function activate(i) {
  live.get(active)?.firstChild.setAttribute('tabindex', -1);
  live.get(active = i)?.firstChild.setAttribute('tabindex', 0);
}
function focusTile(i) {
  if (!(i >= 0 && i < shown.length)) return;
  const line = lines[lineOf[i]], y = grid.getBoundingClientRect().top + line.y;
  if (y < tools.offsetHeight + 10) scrollBy(0, y - tools.offsetHeight - 14);
  else if (y + line.h + below > innerHeight) scrollBy(0, Math.min(y + line.h + below + 10 - innerHeight, y - tools.offsetHeight - 14));
  draw();
  activate(i);
  live.get(i)?.firstChild.focus({ preventScroll: true });
}
// under is the picture n lines further down, beneath the middle of picture i.
function under(i, n) {
  const to = lines[Math.min(Math.max(lineOf[i] + n, 0), lines.length - 1)], middle = left[i] + wide[i] / 2;
  let best = to.first;
  for (let k = to.first; k < to.next; k++) if (Math.abs(left[k] + wide[k] / 2 - middle) < Math.abs(left[best] + wide[best] / 2 - middle)) best = k;
  return best;
}
grid.addEventListener('keydown', e => {
  if (e.ctrlKey || e.metaKey || e.altKey || e.shiftKey) return;
  const screen = Math.max(Math.floor(innerHeight / (lines[0].h + below)), 1);
  const to = { ArrowRight: () => active + 1, ArrowLeft: () => active - 1, ArrowDown: () => under(active, 1), ArrowUp: () => under(active, -1),
    PageDown: () => under(active, screen), PageUp: () => under(active, -screen), Home: () => 0, End: () => shown.length - 1 }[e.key];
  if (!to) return;
  e.preventDefault();
  focusTile(to());
});

// ---- the large view
const dialog = $('large');
function open(i) {
  current = i;
  activate(i);
  const s = shown[i], { r } = s;
  $('frame').replaceChildren(...large(s));
  $('place').textContent = t.place(number(i + 1), number(shown.length));
  $('back').disabled = i === 0;
  $('next').disabled = i === shown.length - 1;
  $('about').replaceChildren(...about(s).filter(Boolean));
  $('about').scrollTop = dialog.scrollTop = 0;
  if (!dialog.open) dialog.showModal();
  if (!dialog.contains(document.activeElement) || document.activeElement === dialog || document.activeElement.disabled) $('about').focus({ preventScroll: true });
  const key = '#' + encodeURIComponent(r.id || 'row-' + r.row);
  try { history.replaceState(null, '', key) } catch { }
  for (const n of [i + 1, i - 1]) if (shown[n]?.file) new Image().src = address(shown[n].file);
}
function large(s) {
  const { r } = s;
  if (!s.file) return [make('div', { class: 'card ' + r.status }, ...reason(r))];
  const size = { width: r.width, height: r.height };
  const small = s.thumb !== s.file && make('img', { ...size, class: 'under', alt: '', src: address(s.thumb) });
  const img = make('img', { ...size, alt: r.prompt, src: address(s.file) });
  $('frame').style.setProperty('--r', (r.width || 1) / (r.height || 1));
  img.addEventListener('error', () => $('frame').replaceChildren(card({ status: 'missing' }, t.gone + ': ' + s.file)));
  img.addEventListener('load', () => small && small.remove());
  return [small, make('a', { href: address(s.file), target: '_blank', rel: 'noopener', tabindex: -1, 'aria-label': t.open }, img)].filter(Boolean);
}
const copier = (what, text) => make('button', { type: 'button', class: 'copy', text: t.copy, 'aria-label': t.copyOf(what), onclick: e => copy(e.currentTarget, text) });
const passage = (name, text, cls) => text ? [make('div', { class: 'above' }, make('h3', { text: name }), copier(name, text)), make('p', { class: 'text ' + (cls || ''), text, dir: 'auto' })] : [];
function list(facts) {
  const entries = facts.filter(f => f && f[1] !== undefined && f[1] !== '' && f[1] !== null);
  return entries.length ? make('dl', { class: 'facts-list' }, ...entries.flatMap(([k, v, cls, copied]) =>
    [make('dt', { text: k }), make('dd', { class: cls }, make('span', { text: v, dir: 'auto' }), copied && copier(k, String(copied)))])) : null;
}
function about(s) {
  const { r } = s, yes = b => b === undefined ? '' : b ? t.yes : t.no, shot = r.width ? r.width + ' × ' + r.height : '';
  const asked = (r.size || '').replace('*', ' × ');
  return [
    make('p', { class: 'state ' + r.status }, make('span', { class: 'dot' }), t[r.status]), make('h2', { id: 'name', text: nameOf(s), dir: 'auto' }),
    s.file && r.status !== 'done' && make('div', { class: 'why ' + r.status }, ...reason(r)),
    ...passage(t.prompt, r.prompt), ...(r.actual_prompt !== r.prompt ? passage(t.actual, r.actual_prompt, 'quiet') : []), ...passage(t.negative, r.negative_prompt, 'quiet'),
    make('div', { class: 'actions' }, s.file && make('a', { href: address(s.file), target: '_blank', rel: 'noopener', text: t.open }),
      make('button', { type: 'button', id: 'json', text: t.json, onclick: e => copy(e.currentTarget, JSON.stringify({ ...r, hay: undefined, pictures: undefined }, null, 2)) })),
    list([[t.seed, r.seed, 'code', r.seed === undefined ? '' : String(r.seed)], [t.model, r.model], [t.size, shot && asked && shot !== asked ? shot + ' (' + asked + ')' : shot || asked], [t.cost, r.cost && money(r.cost)],
      [t.extend, yes(r.prompt_extend)], [t.watermark, yes(r.watermark)], [t.attempts, r.attempts > 1 ? number(r.attempts) : ''], [t.submitted, r.submitted_at && moment(r.submitted_at)],
      [t.finished, r.finished_at && moment(r.finished_at) + (r.submitted_at ? ' (' + span(new Date(r.finished_at) - new Date(r.submitted_at)) + ')' : '')],
      [t.file, s.file, 'code'], [t.edited, r.edited && t.sinceSaved], [t.bytes, r.bytes && number(Math.round(r.bytes / 1024)) + ' KB'], [t.task, r.task_id, 'code', r.task_id], [t.request, r.request_id, 'code'], [t.adopted, r.adopted && (t.adoptedBy[r.adopted] || r.adopted)]]),
    cells(r).some(Boolean) && make('h3', { class: 'own', text: t.columns }), list(columns.map((c, i) => [c, cells(r)[i]])),
  ];
}
const reason = r => [make('strong', {}, make('span', { class: 'dot' }), t[r.status] || r.status), r.error_code && make('small', { text: r.error_code }),
  r.error_message && make('p', { text: r.error_message, dir: 'auto' }), hint(r) && make('p', { class: 'todo' }, make('b', { text: t.todo }), make('br'), hint(r))].filter(Boolean);
const turn = n => { if (current + n >= 0 && current + n < shown.length) open(current + n) };
$('back').onclick = () => turn(-1);
$('next').onclick = () => turn(1);
$('close').onclick = () => dialog.close();
dialog.addEventListener('close', () => {
  $('frame').replaceChildren();
  try { history.replaceState(null, '', location.pathname + location.search) } catch { }
  focusTile(current);
});
dialog.addEventListener('keydown', e => {
  if (e.ctrlKey || e.metaKey || e.altKey || e.shiftKey) return;
  const n = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
  if (n) { e.preventDefault(); turn(n) }
});
let touched = null;
dialog.addEventListener('touchstart', e => touched = e.touches.length === 1 ? e.touches[0] : null, { passive: true });
dialog.addEventListener('touchend', e => {
  const x = touched ? e.changedTouches[0].clientX - touched.clientX : 0, y = touched ? e.changedTouches[0].clientY - touched.clientY : 0;
  if (Math.abs(x) > 60 && Math.abs(x) > 2 * Math.abs(y)) turn(x < 0 ? 1 : -1);
}, { passive: true });

// ---- copying, also where a page from disk has no clipboard of its own
async function copy(button, text) {
  let done = true;
  try { await navigator.clipboard.writeText(text) } catch { done = copyOld(text) }
  const before = button.dataset.label ||= button.textContent;
  $('said').textContent = done ? t.copied : t.notCopied;
  button.textContent = done ? t.copied : t.notCopied;
  setTimeout(() => { button.textContent = before; $('said').textContent = '' }, 1600);
}
function copyOld(text) {
  const area = make('textarea', { class: 'unseen' }), focused = document.activeElement;
  area.value = text;
  (dialog.open ? dialog : document.body).append(area);
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  focused?.focus();
  return done;
}

// ---- switches and keys
function speak(l) { lang = l; t = words[l]; drawHead(); filter() }
$('language').onclick = () => { const l = lang === 'zh' ? 'en' : 'zh'; memory.set('lang', l); speak(l) };
const dark = () => (document.documentElement.dataset.theme || (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) === 'dark';
$('theme').onclick = () => { memory.set('theme', document.documentElement.dataset.theme = dark() ? 'light' : 'dark') };
let waiting;
$('find').addEventListener('input', () => { clearTimeout(waiting); waiting = setTimeout(filter, shots.length > 3000 ? 120 : 30) });
$('find').addEventListener('keydown', e => {
  if (e.key === 'Escape' && !e.isComposing) { if (e.target.value) e.preventDefault(); e.target.value = ''; filter() }
  if ((e.key === 'ArrowDown' || e.key === 'Enter') && !e.isComposing && shown.length) { e.preventDefault(); clearTimeout(waiting); filter(); focusTile(0) }
});
addEventListener('keydown', e => {
  const typing = /^(INPUT|TEXTAREA)$/.test(document.activeElement?.tagName), find = (e.ctrlKey || e.metaKey) && e.key === 'f';
  if (dialog.open || typing) return; // a second Ctrl+F is the browser's own
  if (find || e.key === '/' && !e.ctrlKey && !e.metaKey && !e.altKey) { e.preventDefault(); $('find').focus(); $('find').select() }
  else if (e.key === 'Escape' && ($('find').value || status)) { $('find').value = status = ''; drawChips(); filter() }
});
addEventListener('scroll', ask, { passive: true });
let width = 0;
new ResizeObserver(() => {
  if (dialog.open) return;
  if (grid.clientWidth === width) return ask();
  const from = -grid.getBoundingClientRect().top, at = lines[lineAt(from)]?.first; // what is on top stays there
  width = grid.clientWidth;
  refresh();
  if (from > 0 && at) scrollTo(0, scrollY + grid.getBoundingClientRect().top + lines[lineOf[at]].y - tools.offsetHeight - 14);
}).observe(document.body);
addEventListener('resize', ask);

if (memory.get('theme')) document.documentElement.dataset.theme = memory.get('theme');
speak(words[memory.get('lang')] ? memory.get('lang') : (navigator.languages?.[0] || navigator.language || 'en').startsWith('zh') ? 'zh' : 'en');
if (location.hash.length > 1) {
  const key = (() => { try { return decodeURIComponent(location.hash.slice(1)) } catch { return '' } })();
  const i = shown.findIndex(s => s.r.id === key || !s.r.id && 'row-' + s.r.row === key);
  if (i >= 0) open(i);
}
