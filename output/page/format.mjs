// Numbers, money and times as people write them, in the language that is spoken.
import { speech } from './words.mjs';

export const number = n => new Intl.NumberFormat(speech.lang).format(n);
export const cut = (s, n) => [...s.slice(0, 2 * n)].length > n ? [...s.slice(0, 2 * n)].slice(0, n).join('') + '…' : s;
export const address = file => file.split('/').map(encodeURIComponent).join('/');
export const moment = s => { const d = new Date(s); return isNaN(d) ? s : d.toLocaleString(speech.lang, { dateStyle: 'medium', timeStyle: 'medium' }) };

// span is a duration in its two largest units.
export function span(ms) {
  const u = speech.lang === 'zh' ? [' 天', ' 小时', ' 分', ' 秒'] : [' d', ' h', ' min', ' s'], s = Math.round(ms / 1000);
  const parts = [s / 86400, s / 3600 % 24, s / 60 % 60, s % 60].map((n, i) => [Math.floor(n), u[i]]), at = parts.findIndex(p => p[0]);
  return at < 0 ? '0' + u[3] : parts.slice(at, at + 2).filter(p => p[0]).map(p => p[0] + p[1]).join(' ');
}

const signs = { CNY: '¥', USD: '$', EUR: '€', SGD: 'S$' };
export const money = (amount, currency) => (signs[currency] || currency && currency + ' ' || '') + amount;

// Amounts are exact decimals. They are added in millionths, since sums of fractions are not exact.
export const millionths = amount => Math.round(Number(amount || 0) * 1e6);
export function decimal(n) {
  const [whole, part = ''] = (n / 1e6).toFixed(6).replace(/0+$/, '').split('.');
  return whole + '.' + part.padEnd(2, '0');
}
