// A tile of the grid: a picture, or why there is none, with its words and marks.
import { speech } from './words.mjs';
import { cut } from './format.mjs';
import { source, lost } from './inside.mjs';
import { titleOf, captionOf } from './items.mjs';
import { hintOf } from './hints.mjs';
import { make, icon } from './dom.mjs';
import { columns, marks, view } from './view.mjs';

// tile builds the tile of a shot. It listens to nothing: the grid does for all of them.
export function tile(s) {
  const { r } = s;
  const li = make('li', { class: 'tile' },
    make('button', { type: 'button', class: 'opens' },
      make('span', { class: 'unseen' }),
      make('span', { class: 'mat' }, s.file ? thumb(s) : card(r, cut(why(r), 200))),
      make('span', { class: 'words' }, make('b', { text: cut(r.prompt || '', 160), dir: 'auto' }),
        make('small', {}, s.file && r.status !== 'done' && make('i', { class: 'dot ' + r.status }), make('span', { text: captionOf(s, columns) })))),
    ...(s.file ? badges(s) : []));
  dress(li, s);
  return li;
}

// why says why there is no picture, in the language that is spoken.
function why(r) {
  const hint = hintOf(r, speech.lang) || '';
  return speech.lang === 'zh' ? hint || r.error_message || '' : r.error_message || hint;
}

// The badges of all tiles are alike, and copying them takes half the time of building them.
const pattern = [make('span', { class: 'badges' }, ...['pick', 'reject'].map(name => make('button', { type: 'button', class: name, tabindex: -1 }, icon(name)))),
  make('span', { class: 'lit', 'aria-hidden': 'true' })];
function badges(s) {
  const [buttons, lit] = pattern.map(e => e.cloneNode(true)), title = titleOf(s, columns);
  for (const b of buttons.children) {
    b.title = speech.t[b.className];
    b.setAttribute('aria-label', b.title + ': ' + title);
  }
  return [buttons, lit];
}

// dress shows the marks of a picture, and whether it is chosen for comparing.
export function dress(li, s) {
  const { t } = speech, { keep, stars } = marks.get(s), at = view.chosen.indexOf(s);
  li.classList.toggle('picked', keep > 0);
  li.classList.toggle('rejected', keep < 0);
  li.classList.toggle('chosen', at >= 0);
  const words = [s.file ? '' : t[s.r.status], titleOf(s, columns), keep > 0 && t.picked, keep < 0 && t.rejected, stars && t.star(stars), at >= 0 && t.compare].filter(Boolean);
  li.querySelector('.unseen').textContent = words.join(', ') + ', ';
  if (!s.file) return;
  li.querySelector('.pick').setAttribute('aria-pressed', keep > 0);
  li.querySelector('.reject').setAttribute('aria-pressed', keep < 0);
  li.querySelector('.lit').textContent = [at >= 0 && ['①', '②', '③', '④'][at], '★'.repeat(stars)].filter(Boolean).join(' ');
}

// thumb is a small picture. The words beside it say what it is.
function thumb(s) {
  const { r } = s, k = 320 / Math.max(r.width || 320, r.height || 320, 320);
  const img = make('img', { loading: 'lazy', decoding: 'async', alt: '', width: Math.round((r.width || 320) * k), height: Math.round((r.height || 320) * k), src: source(s.thumb) });
  img.addEventListener('error', () => {
    if (s.thumb !== s.file) img.src = source(s.thumb = s.file);
    else img.replaceWith(card(...lost()));
  });
  return img;
}
export const card = (r, text) => make('span', { class: 'card ' + r.status }, make('strong', {}, make('span', { class: 'dot' }), speech.t[r.status] || r.status),
  r.error_code && make('small', { text: r.error_code }), make('span', { text, dir: 'auto' }));
