// All that is known of an item, beside its picture.
import { speech } from './words.mjs';
import { number, money, moment, span, address } from './format.mjs';
import { isSingle } from './inside.mjs';
import { titleOf, cellsOf } from './items.mjs';
import { hintOf } from './hints.mjs';
import { make, copy } from './dom.mjs';
import { page, columns } from './view.mjs';

const copier = (what, text) => make('button', { type: 'button', class: 'copy', text: speech.t.copy, 'aria-label': speech.t.copyOf(what), onclick: () => copy(text) });
const passage = (name, text, cls) => text ? [make('div', { class: 'above' }, make('h3', { text: name }), copier(name, text)), make('p', { class: 'text ' + (cls || ''), text, dir: 'auto' })] : [];

function list(facts) {
  const entries = facts.filter(f => f && f[1] !== undefined && f[1] !== '' && f[1] !== null);
  return entries.length ? make('dl', { class: 'facts-list' }, ...entries.flatMap(([k, v, cls, copied]) =>
    [make('dt', { text: k }), make('dd', { class: cls }, make('span', { text: v, dir: 'auto' }), copied && copier(k, String(copied)))])) : null;
}

// reason says why an item has no picture, or a doubtful one, and what to do. The service's own words come after ours.
export function reason(r) {
  const { t, lang } = speech, hint = hintOf(r, lang);
  return [make('strong', {}, make('span', { class: 'dot' }), t[r.status] || r.status), r.error_code && make('small', { text: r.error_code }),
    hint && make('p', { class: 'todo' }, make('b', { text: t.todo }), make('br'), hint),
    r.error_message && make('p', { class: 'theirs' }, make('b', { text: t.service }), make('br'), make('span', { text: r.error_message, dir: 'auto', lang: 'en' }))].filter(Boolean);
}

// everything is an item as it is copied: its line of results.jsonl.
function everything(r) {
  const { hay, pictures, keeps, older, ...line } = r;
  return JSON.stringify(line, null, 2);
}

export function about(s) {
  const { t } = speech, { r } = s;
  return [
    make('p', { class: 'state ' + r.status }, make('span', { class: 'dot' }), t[r.status] || r.status), make('h2', { id: 'name', text: titleOf(s, columns), dir: 'auto' }),
    r.id && make('p', { class: 'own-words', text: cellsOf(r, columns).filter(Boolean).slice(0, 2).join(' · '), dir: 'auto' }),
    s.file && r.status !== 'done' && make('div', { class: 'why ' + r.status }, ...reason(r)),
    ...passage(t.prompt, r.prompt), ...(r.actual_prompt !== r.prompt ? passage(t.actual, r.actual_prompt, 'quiet') : []), ...passage(t.negative, r.negative_prompt, 'quiet'),
    make('div', { class: 'actions' }, s.file && !isSingle && make('a', { href: address(s.file), target: '_blank', rel: 'noopener', text: t.open }),
      make('button', { type: 'button', id: 'json', text: t.json, onclick: () => copy(everything(r)) })),
    list(factsOf(s)),
    cellsOf(r, columns).some(Boolean) && make('h3', { class: 'own', text: t.columns }), list(columns.map((c, i) => [c, cellsOf(r, columns)[i]])),
  ].filter(Boolean);
}
function factsOf({ r, file }) {
  const { t } = speech, yes = b => b === undefined ? '' : b ? t.yes : t.no, shot = r.width ? r.width + ' × ' + r.height : '', asked = (r.size || '').replace('*', ' × ');
  return [[t.seed, r.seed, 'code', r.seed === undefined ? '' : String(r.seed)], [t.model, r.model], [t.size, shot && asked && shot !== asked ? shot + ' (' + asked + ')' : shot || asked],
    [t.cost, r.cost && money(r.cost, page.currency)], [t.extend, yes(r.prompt_extend)], [t.watermark, yes(r.watermark)], [t.attempts, r.attempts > 1 ? number(r.attempts) : ''],
    [t.submitted, r.submitted_at && moment(r.submitted_at)],
    [t.finished, r.finished_at && moment(r.finished_at) + (r.submitted_at ? ' (' + span(new Date(r.finished_at) - new Date(r.submitted_at)) + ')' : '')],
    [t.file, file, 'code'], [t.edited, r.edited && t.sinceSaved], [t.bytes, r.bytes && number(Math.round(r.bytes / 1024)) + ' KB'], [t.task, r.task_id, 'code', r.task_id], [t.request, r.request_id, 'code'],
    [t.adopted, r.adopted && (t.adoptedBy[r.adopted] || r.adopted)]];
}
