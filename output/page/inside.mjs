// Where pictures come from: the folder beside the page, or the page itself, where it holds them.
import { speech } from './words.mjs';
import { address } from './format.mjs';

const inside = new Map([...document.querySelectorAll('script.inside')].map(e => [e.dataset.name, e]));

// isSingle says that the page holds its pictures and has no folder.
export const isSingle = inside.size > 0;
export const source = file => inside.get(file)?.textContent || address(file);

// largest is the largest picture of a shot that there is: a page that holds its pictures has of some only a small one.
export const largest = s => isSingle && !inside.has(s.file) ? s.thumb : s.file;

// lost says why a picture is not shown: it is gone, or the page has lost its folder, where not one was ever seen.
let seen = false;
document.addEventListener('load', e => { seen ||= e.target.tagName === 'IMG' }, true);
export const lost = () => seen || isSingle ? [{ status: 'missing' }, speech.t.gone] : [{ status: 'apart' }, speech.t.beside];
