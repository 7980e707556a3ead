// The head of the page: what batch this is, and how it went.
import { speech } from './words.mjs';
import { number, money, span } from './format.mjs';
import { $, make } from './dom.mjs';
import { page, rows, statuses } from './view.mjs';

export function drawHead() {
  const { t, lang } = speech, { counts } = page, items = Object.values(counts).reduce((a, b) => a + b, 0);
  document.documentElement.lang = lang;
  for (const e of document.querySelectorAll('[data-t]')) e.textContent = t[e.dataset.t];
  for (const e of document.querySelectorAll('[data-label]')) e.setAttribute('aria-label', t[e.dataset.label]);
  $('badge').hidden = !page.rehearsal;
  $('title').textContent = page.title;
  drawFacts();
  drawFigures(counts);
  const parts = statuses.filter(s => counts[s]);
  $('bar').setAttribute('aria-label', parts.map(s => t[s] + ' ' + number(counts[s])).join(', '));
  $('bar').replaceChildren(...parts.map(s => { const i = make('i', { class: s }); i.style.flexGrow = counts[s] / items; return i }));
  $('find').placeholder = t.find;
  $('language').textContent = t.other;
  $('foot').textContent = t.foot(page.tool);
  $('rest').hidden = rows.length >= items;
  $('rest').textContent = t.rest(number(rows.length), number(items));
}
function drawFacts() {
  const models = [...new Set(rows.map(r => r.model).filter(Boolean))];
  $('facts').textContent = [page.manifest !== page.title && page.manifest, models.slice(0, 3).join(', ') + (models.length > 3 ? ' …' : ''),
    page.finished && new Date(page.finished).toLocaleDateString(speech.lang, { dateStyle: 'long' })].filter(Boolean).join(' · ');
}
function drawFigures(counts) {
  const { t } = speech, figure = (name, value, cls) => make('div', { class: cls }, make('dt', { text: name }), make('dd', { text: value }));
  $('figures').replaceChildren(...['done', ...statuses.slice(1).filter(s => counts[s])].map(s => figure(t[s], number(counts[s] || 0), s)),
    ...(page.spent ? [figure(page.rehearsal ? t.wouldHave : t.spent, money(page.spent, page.currency))] : []),
    ...(page.spent_gone ? [figure(t.spentGone, money(page.spent_gone, page.currency))] : []),
    ...(page.started && page.finished ? [figure(t.took, span(new Date(page.finished) - new Date(page.started)))] : []));
}
