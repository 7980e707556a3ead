// What every part of the page uses to build it.
import { speech } from './words.mjs';

export const $ = id => document.getElementById(id);

// make builds an element. Values from outside go into text and attributes only, never through a parser.
export function make(tag, props, ...children) {
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

const shapes = {
  pick: 'm4 10.5 4 4 8-9', reject: 'm5 5 10 10M15 5 5 15', star: 'm10 2.8 2.2 4.6 5 .7-3.6 3.5.9 5-4.5-2.4-4.5 2.4.9-5L2.8 8.1l5-.7z',
};
export function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg'), path = document.createElementNS(svg.namespaceURI, 'path');
  svg.setAttribute('viewBox', '0 0 20 20');
  svg.setAttribute('aria-hidden', 'true');
  path.setAttribute('d', shapes[name]);
  svg.append(path);
  return svg;
}

// memory is what this browser remembers; some keep nothing for a page from disk.
export const memory = {
  get(k) { try { return localStorage.getItem('qwenbatch.' + k) } catch { return null } },
  set(k, v) { try { localStorage.setItem('qwenbatch.' + k, v); return true } catch { return false } },
};

// topmost is where texts are to be put so that they are seen: the last open dialog, or the page.
export const topmost = () => [...document.querySelectorAll('dialog[open]')].at(-1) || document.body;

// say shows a text for a moment, and reads it out.
let falling;
export function say(text) {
  const said = $('said');
  topmost().append(said); // what is behind a modal dialog is not read out
  said.textContent = text;
  said.classList.add('seen');
  clearTimeout(falling);
  falling = setTimeout(() => said.classList.remove('seen'), 3200);
}

// copy puts a text onto the clipboard, also where a page from disk has none of its own.
export async function copy(text, done = speech.t.copied) {
  let worked = true;
  try { await navigator.clipboard.writeText(text) } catch { worked = copyOld(text) }
  say(worked ? done : speech.t.notCopied);
}
function copyOld(text) {
  const area = make('textarea', { class: 'unseen' }), focused = document.activeElement;
  area.value = text;
  topmost().append(area);
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  focused?.focus();
  return done;
}

// save hands a text to the browser as a file to download.
export function save(name, text, type) {
  const a = make('a', { href: URL.createObjectURL(new Blob([text], { type })), download: name });
  a.click();
  setTimeout(() => URL.revokeObjectURL(a.href), 10000);
}
