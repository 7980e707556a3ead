// A browser driven through its pipe (chromedevtools.github.io/devtools-protocol), so that the tests need node and
// Chromium and nothing else.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export async function launch(path) {
  const profile = mkdtempSync(join(tmpdir(), 'e2e-'));
  const flags = ['--headless=new', '--remote-debugging-pipe', '--no-sandbox', '--no-first-run', '--disable-quic', '--disable-component-update',
    '--disable-gpu', '--disable-dev-shm-usage', '--user-data-dir=' + profile, 'about:blank'];
  const chromium = spawn(path, flags, { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
  const [, , , out, back] = chromium.stdio;
  const waiting = new Map(), listeners = [];
  let id = 0, rest = '';
  back.setEncoding('utf8').on('data', data => {
    const messages = (rest + data).split('\0');
    rest = messages.pop();
    for (const m of messages.map(m => JSON.parse(m))) {
      if (!m.id) { for (const l of listeners) l(m); continue }
      const { resolve, reject, method } = waiting.get(m.id);
      waiting.delete(m.id);
      if (m.error) reject(new Error(method + ': ' + m.error.message)); else resolve(m.result);
    }
  });
  const send = (method, params = {}, sessionId) => new Promise((resolve, reject) => {
    waiting.set(++id, { resolve, reject, method });
    out.write(JSON.stringify({ id, method, params, sessionId }) + '\0');
  });
  const close = async () => {
    const gone = new Promise(resolve => chromium.on('exit', resolve));
    send('Browser.close').catch(() => {}); // a signal leaves its processes, which go on writing into the profile
    await gone;
    rmSync(profile, { recursive: true, force: true, maxRetries: 20 });
  };
  return { close, open: options => open({ send, listeners }, options) };
}

// open opens a tab of a size and colour scheme; complaints collects what its console says.
async function open({ send, listeners }, { url, width = 1280, height = 800, dark = false, locale = 'en-US', touch = false }) {
  const { browserContextId } = await send('Target.createBrowserContext');
  const { targetId } = await send('Target.createTarget', { url: 'about:blank', browserContextId });
  const { sessionId } = await send('Target.attachToTarget', { targetId, flatten: true });
  const call = (method, params) => send(method, params, sessionId);
  const complaints = [];
  let loaded;
  listeners.push(m => {
    if (m.sessionId !== sessionId) return;
    if (m.method === 'Runtime.exceptionThrown') complaints.push(m.params.exceptionDetails.exception?.description || m.params.exceptionDetails.text);
    if (m.method === 'Runtime.consoleAPICalled') complaints.push(m.params.type + ': ' + m.params.args.map(a => a.value).join(' '));
    if (m.method === 'Log.entryAdded') complaints.push(m.params.entry.level + ': ' + m.params.entry.text + ' ' + (m.params.entry.url || ''));
    if (m.method === 'Page.loadEventFired') loaded?.();
  });
  for (const domain of ['Page', 'Runtime', 'Log']) await call(domain + '.enable');
  await send('Browser.grantPermissions', { permissions: ['clipboardReadWrite', 'clipboardSanitizedWrite'], browserContextId });
  await call('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: touch ? 2 : 1, mobile: touch });
  await call('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }] });
  await call('Emulation.setUserAgentOverride', { userAgent: 'e2e', acceptLanguage: locale });
  await call('Emulation.setFocusEmulationEnabled', { enabled: true });
  const tab = {
    complaints, call,
    async go(url) {
      const done = new Promise(resolve => loaded = resolve);
      await call('Page.navigate', { url });
      await done;
      await tab.frames(2);
    },
    async run(f, ...args) {
      const expression = '(' + f + ')(' + args.map(a => JSON.stringify(a)).join(',') + ')';
      const { result, exceptionDetails } = await call('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
      if (exceptionDetails) throw new Error(exceptionDetails.exception?.description || exceptionDetails.text);
      return result.value;
    },
    frames: n => tab.run(async n => { while (n--) await new Promise(requestAnimationFrame) }, n),
    async key(key, modifiers = 0) {
      const text = key.length === 1 && !modifiers ? key : key === 'Enter' ? '\r' : undefined;
      const code = /^\d$/.test(key) ? key.charCodeAt(0) : { Enter: 13, Escape: 27, ArrowLeft: 37, ArrowUp: 38, ArrowRight: 39, ArrowDown: 40, End: 35, Home: 36, PageDown: 34, Tab: 9 }[key] || key.toUpperCase().charCodeAt(0);
      const place = /^[a-z]$/i.test(key) ? 'Key' + key.toUpperCase() : /^\d$/.test(key) ? 'Digit' + key : key;
      await call('Input.dispatchKeyEvent', { type: 'keyDown', key, code: place, text, windowsVirtualKeyCode: code, modifiers });
      await call('Input.dispatchKeyEvent', { type: 'keyUp', key, code: place, windowsVirtualKeyCode: code, modifiers });
      await tab.frames(2);
    },
    async click(selector) {
      const at = await tab.run(s => { const r = document.querySelector(s).getBoundingClientRect(); return { x: r.x + r.width / 2, y: r.y + r.height / 2 } }, selector);
      for (const type of ['mousePressed', 'mouseReleased']) await call('Input.dispatchMouseEvent', { type, ...at, button: 'left', clickCount: 1 });
      await tab.frames(2);
    },
    async shot() { return Buffer.from((await call('Page.captureScreenshot')).data, 'base64') },
    close: () => send('Target.disposeBrowserContext', { browserContextId }),
  };
  if (url) await tab.go(url);
  return tab;
}
