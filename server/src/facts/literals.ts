/** The values of literals. */
import { type Expr, UNKNOWN } from './expr';

/** A number literal; unknown where it is too large. */
export function number(text: string): Expr {
  const plain = text.replace(/[uUlLzZ']+/g, '');
  const v = Number(/^0\d+$/.test(plain) ? `0o${plain.slice(1)}` : plain);
  return Number.isFinite(v) ? { k: 'num', v } : UNKNOWN;
}

/** A character literal. */
export function character(text: string): Expr {
  const inner = text.slice(text.indexOf("'") + 1, -1);
  if (inner.length === 1) return { k: 'num', v: inner.charCodeAt(0) };
  return inner === '\\0' ? { k: 'num', v: 0 } : { k: 'str', s: text };
}
