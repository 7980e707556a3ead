// Paper: all that is shown, as contact sheets or one on a page.
import { speech } from './words.mjs';
import { number, cut } from './format.mjs';
import { source, largest } from './inside.mjs';
import { titleOf, captionOf } from './items.mjs';
import { pagesOf, perPage } from './sheets.mjs';
import { $, make, say } from './dom.mjs';
import { page, columns, marks, view } from './view.mjs';
import { reason } from './about.mjs';

const patience = 20000; // milliseconds until it is printed without the pictures that are not there

function fill() {
  const how = $('paper').value, pages = pagesOf(view.shown, perPage[how]);
  $('print').replaceChildren(...pages.map((some, i) => make('section', { class: 'paper ' + how },
    make('header', {}, make('span', { text: page.title }), make('span', { text: speech.t.page(number(i + 1), number(pages.length)) })),
    make('div', { class: 'sheet' }, ...some.map(s => how === 'sheet1' ? whole(s) : small(s))))));
}
const sign = s => { const { keep, stars } = marks.get(s); return [keep > 0 ? '✓' : keep < 0 ? '✗' : '', '★'.repeat(stars)].filter(Boolean).join(' ') };
const picture = (s, file) => s.file ? make('img', { alt: '', src: source(file) }) : make('div', { class: 'card ' + s.r.status }, ...reason(s.r));
const small = s => make('figure', {}, make('div', { class: 'on' }, picture(s, s.thumb)),
  make('figcaption', {}, make('b', { text: [sign(s), captionOf(s, columns)].filter(Boolean).join(' ') }), make('span', { text: cut(s.r.prompt || '', 90), dir: 'auto' })));
function whole(s) {
  const { t } = speech, { r } = s, facts = [[t.model, r.model], [t.seed, r.seed], [t.size, r.width ? r.width + ' × ' + r.height : r.size], [t.file, s.file], ...columns.map(c => [c, r.columns?.[c]])];
  return make('figure', {}, make('div', { class: 'on' }, picture(s, largest(s))),
    make('figcaption', {}, make('b', { text: [sign(s), titleOf(s, columns)].filter(Boolean).join(' ') }), make('span', { text: r.prompt || '', dir: 'auto' }),
      make('small', { text: facts.filter(([, v]) => v !== undefined && v !== '').slice(0, 12).map(([k, v]) => k + ': ' + v).join(' · '), dir: 'auto' })));
}

// print waits for the pictures, since what has not been loaded is printed as nothing.
export async function print() {
  say(speech.t.preparing(number(view.shown.length)));
  fill();
  const loaded = [...$('print').querySelectorAll('img')].map(i => i.complete || new Promise(done => i.onload = i.onerror = done));
  await Promise.race([Promise.all(loaded), new Promise(done => setTimeout(done, patience))]);
  window.print();
}
addEventListener('beforeprint', () => { if (!$('print').firstChild) fill() });
addEventListener('afterprint', () => $('print').replaceChildren());
$('printing').onclick = print;
export function drawPaper() {
  const value = $('paper').value || 'sheet12';
  $('paper').replaceChildren(...Object.keys(perPage).map(how => make('option', { value: how, text: speech.t[how] })));
  $('paper').value = value;
}
