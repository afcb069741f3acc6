/** Walking and rebuilding expressions. */
import { type Expr, UNKNOWN } from '../facts/expr';
import type { CfgNode } from '../facts/facts';

/**
 * The expressions of a node that are read or written. Of a call: the callee, the arguments by slot from 1 on, and at
 * last the object of a call through a pointer to a member.
 */
export function expressionsOf(node: CfgNode): readonly Expr[] {
  switch (node.op) {
    case 'call':
      return node.on ? [node.callee, ...node.args, node.on] : [node.callee, ...node.args];
    case 'assign':
      return [node.to, node.from];
    case 'branch':
      return [node.cond];
    case 'switch':
      return [node.on, ...node.cases.flatMap((test) => (test ? [test] : []))];
    case 'return':
    case 'nop':
      return node.value ? [node.value] : [];
    default:
      return [];
  }
}

/** Visits an expression and all its parts, outermost first. */
export function namesIn(e: Expr, visit: (part: Expr) => void): void {
  visit(e);
  switch (e.k) {
    case 'field':
    case 'deref':
    case 'addr':
      namesIn(e.of, visit);
      return;
    case 'index':
      namesIn(e.of, visit);
      namesIn(e.i, visit);
      return;
    case 'un':
    case 'cast':
      namesIn(e.e, visit);
      return;
    case 'bin':
      namesIn(e.l, visit);
      namesIn(e.r, visit);
      return;
    case 'init':
      for (const item of e.items) namesIn(item.e, visit);
  }
}

/** What is put in the place of an expression's leaves and of the names in it. */
export interface Replacement {
  /** For variables, names and results. */
  leaf(e: Expr): Expr;
  field(name: string): string;
  type(base: string): string;
  /** For fields, rebuilt, as a whole. */
  whole?(e: Expr): Expr;
}

/** Deeper expressions come from arguments that hold their own macro again and again. */
const MAX_DEPTH = 60;

/** The same expression with other leaves, and the same object where nothing changes; `*&x` and `&*x` become `x`. */
export function rebuild(e: Expr, by: Replacement, depth = 0): Expr {
  if (depth > MAX_DEPTH) return UNKNOWN;
  switch (e.k) {
    case 'var':
    case 'name':
    case 'result':
      return by.leaf(e);
    case 'field': {
      const of = rebuild(e.of, by, depth + 1);
      const f = by.field(e.f);
      const made = of === e.of && f === e.f ? e : { k: 'field' as const, of, f };
      return by.whole ? by.whole(made) : made;
    }
    case 'deref': {
      const of = rebuild(e.of, by, depth + 1);
      if (of === e.of) return e;
      return of.k === 'addr' ? of.of : { k: 'deref', of };
    }
    case 'addr': {
      const of = rebuild(e.of, by, depth + 1);
      if (of === e.of) return e;
      return of.k === 'deref' ? of.of : { k: 'addr', of };
    }
    case 'index': {
      const of = rebuild(e.of, by, depth + 1);
      const i = rebuild(e.i, by, depth + 1);
      return of === e.of && i === e.i ? e : { k: 'index', of, i };
    }
    case 'un': {
      const inner = rebuild(e.e, by, depth + 1);
      return inner === e.e ? e : { k: 'un', op: e.op, e: inner };
    }
    case 'cast': {
      const inner = rebuild(e.e, by, depth + 1);
      const base = by.type(e.t.base);
      return inner === e.e && base === e.t.base ? e : { k: 'cast', t: { ...e.t, base }, e: inner };
    }
    case 'bin': {
      const l = rebuild(e.l, by, depth + 1);
      const r = rebuild(e.r, by, depth + 1);
      return l === e.l && r === e.r ? e : { k: 'bin', op: e.op, l, r };
    }
    case 'lambda': {
      if (!e.captures) return e;
      const captures = e.captures.map((one) => rebuild(one, by, depth + 1));
      return captures.every((one, i) => one === e.captures?.[i]) ? e : { ...e, captures };
    }
    case 'init':
      return { k: 'init', items: e.items.map((item) => ({ ...item, e: rebuild(item.e, by, depth + 1) })) };
    default:
      return e;
  }
}
