// Marks are what somebody thinks of pictures: picked (1) or rejected (-1), and stars. They belong to a file with certain
// contents, so that a picture that replaces another one bears none of its marks, and a copy of the page knows them all.
// Those made in results.xlsx come with the page (r.keeps); a mark made here, also one that was taken off, goes before them.

const none = { keep: 0, stars: 0 };
const first = s => s.r.keeps?.[s.i] || 0;
const keyOf = s => s.markKey ??= s.file + '#' + (s.r.sha256 || '').slice(0, 8);

// A Marks keeps marks in a store with get(key) and set(key, text); set returns whether it has kept the text.
export class Marks {
  constructor(store, key) {
    this.store = store;
    this.key = key;
    this.past = [];
    this.kept = true;
    this.load();
  }
  // load takes over what another tab has marked.
  load() {
    try { this.known = new Map(Object.entries(JSON.parse(this.store.get(this.key) || '{}'))) } catch { this.known = new Map() }
  }
  get(s) {
    if (!s.file || s.older) return none;
    const [keep, stars] = this.known.get(keyOf(s)) || [first(s), 0];
    return keep || stars ? { keep, stars } : none;
  }
  // set changes the marks of shots; change has keep, stars or both.
  set(shots, change) {
    const before = [];
    for (const s of shots) {
      if (!s.file || s.older) continue;
      const key = keyOf(s), { keep, stars } = { ...this.get(s), ...change };
      before.push([key, this.known.get(key)]);
      if (keep || stars || first(s)) this.known.set(key, [keep, stars]); else this.known.delete(key);
    }
    if (before.length) { this.past.push(before); this.save() }
  }
  // undo takes the last change back, and returns whether there was one.
  undo() {
    const before = this.past.pop();
    for (const [key, m] of before || []) if (m) this.known.set(key, m); else this.known.delete(key);
    if (before) this.save();
    return !!before;
  }
  save() { this.kept = this.store.set(this.key, JSON.stringify(Object.fromEntries(this.known))) }
  count(shots) {
    const n = { picked: 0, rejected: 0, starred: 0, pictures: 0 };
    for (const s of shots) {
      if (!s.file) continue;
      const { keep, stars } = this.get(s);
      n.pictures++;
      if (keep > 0) n.picked++;
      if (keep < 0) n.rejected++;
      if (stars) n.starred++;
    }
    return n;
  }
}
