// The buttons that pick, reject and give stars, as they stand at a picture that is shown large.
import { speech } from './words.mjs';
import { titleOf } from './items.mjs';
import { make, icon } from './dom.mjs';
import { columns, marks, mark } from './view.mjs';

// toggled is the mark to set where somebody asks for one: the same again takes it off.
export const toggled = (s, change) => {
  const [[name, value]] = Object.entries(change);
  return { [name]: marks.get(s)[name] === value ? 0 : value };
};

const toggle = (cls, label, name, s, change) =>
  make('button', { type: 'button', class: cls, 'aria-label': label, title: label, onclick: () => mark(s, toggled(s, change)) }, icon(name));

// markButtons returns the buttons for a shot. dressButtons shows the marks on them.
export function markButtons(s) {
  const { t } = speech;
  const group = make('div', { class: 'marks', role: 'group', 'aria-label': t.markOf(titleOf(s, columns)) },
    toggle('pick', t.pick, 'pick', s, { keep: 1 }), toggle('reject', t.reject, 'reject', s, { keep: -1 }),
    make('span', { class: 'stars' }, ...[1, 2, 3, 4, 5].map(n => toggle('star', t.star(n), 'star', s, { stars: n }))));
  dressButtons(group, s);
  return group;
}
export function dressButtons(group, s) {
  const { keep, stars } = marks.get(s);
  group.querySelector('.pick').setAttribute('aria-pressed', keep > 0);
  group.querySelector('.reject').setAttribute('aria-pressed', keep < 0);
  group.querySelectorAll('.star').forEach((b, i) => { b.setAttribute('aria-pressed', stars === i + 1); b.classList.toggle('lit', i < stars) });
}
