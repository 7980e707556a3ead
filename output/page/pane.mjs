// A pane shows one picture, whole or enlarged. Panes that share a view zoom and move together.
import { cut } from './format.mjs';
import { source, largest, lost } from './inside.mjs';
import { titleOf } from './items.mjs';
import { placed, zoomed, moved, wholeView, fitting } from './zoom.mjs';
import { make } from './dom.mjs';
import { columns } from './view.mjs';
import { card } from './tile.mjs';

const still = 6, swipe = 60; // pixels: less is a click, more of an uncut picture is a swipe

// A Stage is what panes share: their view, and what a swipe does. Steps of zooming are those of the keys.
export class Stage {
  constructor(onswipe = () => {}) { this.onswipe = onswipe; this.clear() }
  clear() { this.panes = []; this.view = wholeView }
  set(view) { this.view = view; for (const p of this.panes) p.place() }
  // actual shows a pixel of the picture as one of the screen, or the whole picture again.
  actual(at, pane = this.panes[0]) {
    if (this.view.scale) return this.set(wholeView);
    if (pane) this.set(zoomed({ ...this.view, scale: 0 }, Math.max(1 / devicePixelRatio, pane.fitting() * 1.01), at || pane.middle(), pane.size(), pane.frame()));
  }
  by(factor, at, pane = this.panes[0]) {
    if (pane) this.set(zoomed(this.view, (this.view.scale || pane.fitting()) * factor, at || pane.middle(), pane.size(), pane.frame()));
  }
  move(dx, dy, pane) { this.set(moved(this.view, dx, dy, pane.size(), pane.frame())) }
}

// A Pane is a picture on a stage.
export class Pane {
  constructor(s, stage) {
    this.shot = s;
    this.stage = stage;
    this.element = make('div', { class: 'pane' });
    const { r } = s, alt = cut(r.prompt || titleOf(s, columns), 300);
    this.image = make('img', { alt, src: source(largest(s)), draggable: 'false', width: r.width, height: r.height });
    this.under = s.thumb !== largest(s) && make('img', { class: 'under', alt: '', src: source(s.thumb), draggable: 'false', width: r.width, height: r.height });
    this.element.append(...[this.under, this.image].filter(Boolean));
    this.image.addEventListener('load', () => { this.under && this.under.remove(); this.under = false; this.place() });
    this.image.addEventListener('error', () => { const [r, text] = lost(); this.element.replaceChildren(card(r, text + ': ' + s.file)) });
    this.watch();
    stage.panes.push(this);
    new ResizeObserver(() => this.place()).observe(this.element);
  }
  size() {
    const { image, shot: { r } } = this;
    return image.naturalWidth ? { width: image.naturalWidth, height: image.naturalHeight } : { width: r.width || 1, height: r.height || 1 };
  }
  frame() { return { width: this.element.clientWidth || 1, height: this.element.clientHeight || 1 } }
  middle() { const { width, height } = this.frame(); return { x: width / 2, y: height / 2 } }
  fitting() { return fitting(this.size(), this.frame()) }
  place() {
    const { left, top, width, height } = placed(this.stage.view, this.size(), this.frame());
    for (const img of [this.image, this.under]) if (img) Object.assign(img.style, { left: left + 'px', top: top + 'px', width: width + 'px', height: height + 'px' });
    this.element.classList.toggle('enlarged', this.stage.view.scale > 0);
    this.image.classList.toggle('pixels', width > 2 * this.size().width);
  }
  at(e) { const box = this.element.getBoundingClientRect(); return { x: e.clientX - box.x, y: e.clientY - box.y } }

  // watch follows wheel, mouse and fingers.
  watch() {
    const { element, stage } = this, points = new Map();
    let travelled = 0, across = 0;
    element.addEventListener('wheel', e => { e.preventDefault(); stage.by(Math.exp(-e.deltaY * (e.ctrlKey ? 0.01 : 0.002)), this.at(e), this) }, { passive: false });
    element.addEventListener('pointerdown', e => {
      if (e.button) return;
      if (!points.size) travelled = across = 0;
      points.set(e.pointerId, this.at(e));
      element.setPointerCapture(e.pointerId);
    });
    element.addEventListener('pointermove', e => {
      const from = points.get(e.pointerId), to = this.at(e), other = [...points].find(([id]) => id !== e.pointerId)?.[1];
      if (!from) return;
      travelled += Math.abs(to.x - from.x) + Math.abs(to.y - from.y);
      across += to.x - from.x;
      points.set(e.pointerId, to);
      if (other) stage.by(Math.hypot(to.x - other.x, to.y - other.y) / Math.max(Math.hypot(from.x - other.x, from.y - other.y), 1), { x: (to.x + other.x) / 2, y: (to.y + other.y) / 2 }, this);
      else if (stage.view.scale && travelled > still) stage.move(to.x - from.x, to.y - from.y, this);
    });
    const end = e => {
      if (!points.delete(e.pointerId) || points.size || e.type === 'pointercancel') return;
      if (travelled <= still) stage.actual(this.at(e), this);
      else if (!stage.view.scale && Math.abs(across) > swipe) stage.onswipe(across < 0 ? 1 : -1);
    };
    element.addEventListener('pointerup', end);
    element.addEventListener('pointercancel', end);
  }
}
