/** What the value of an expression hangs on: memory that others can change, variables of the function, results. */
import type { Expr } from '../../facts/expr';
import { isDirect, rootOf } from '../paths/access-path';
import type { NameInfo } from '../paths/environment';

export interface Reads {
  /** `n:x` a global, `.f` a field, `*` what a pointer points to, `&` what a reference names. */
  memory: Map<string, Expr>;
  locals: Set<number>;
  results: Set<number>;
  /** Something was not understood. */
  opaque: boolean;
}

export function noReads(): Reads {
  return { memory: new Map(), locals: new Set(), results: new Set(), opaque: false };
}

/** Adds what an expression reads. */
export function readsOf(e: Expr, names: NameInfo, into: Reads = noReads()): Reads {
  switch (e.k) {
    case 'var':
      if (names.isReference(e.v)) note(into, '&', e);
      into.locals.add(e.v);
      break;
    case 'name':
      if (names.constant(e.n) === undefined) note(into, `n:${e.n}`, e);
      break;
    case 'field':
      if (!isLocalObject(e, names)) note(into, `.${e.f}`, e);
      addressReads(e.of, names, into);
      break;
    case 'deref':
      note(into, '*', e);
      readsOf(e.of, names, into);
      break;
    case 'index':
      if (e.of.k === 'name' || e.of.k === 'field') readsOf(e.of, names, into);
      else if (!isLocalArray(e.of, names)) note(into, '*', e);
      addressReads(e.of, names, into);
      readsOf(e.i, names, into);
      break;
    case 'result':
      into.results.add(e.n);
      break;
    case 'addr':
      addressReads(e.of, names, into);
      break;
    case 'un':
    case 'cast':
      readsOf(e.e, names, into);
      break;
    case 'bin':
      readsOf(e.l, names, into);
      readsOf(e.r, names, into);
      break;
    case 'init':
      for (const item of e.items) readsOf(item.e, names, into);
      break;
    case 'unknown':
      into.opaque = true;
      break;
  }
  return into;
}

function note(into: Reads, key: string, e: Expr): void {
  if (!into.memory.has(key)) into.memory.set(key, e);
}

/** What is read to find a place. */
function addressReads(place: Expr, names: NameInfo, into: Reads): void {
  switch (place.k) {
    case 'deref':
      readsOf(place.of, names, into);
      break;
    case 'field':
    case 'addr':
      addressReads(place.of, names, into);
      break;
    case 'cast':
      addressReads(place.e, names, into);
      break;
    case 'index':
      addressReads(place.of, names, into);
      readsOf(place.i, names, into);
      break;
    case 'var':
      into.locals.add(place.v);
      break;
    case 'result':
      into.results.add(place.n);
      break;
  }
}

function isLocalObject(e: Expr, names: NameInfo): boolean {
  const root = rootOf(e);
  return isDirect(e) && root.k === 'var' && !names.isReference(root.v);
}

function isLocalArray(e: Expr, names: NameInfo): boolean {
  return e.k === 'var' && names.typeOf(e.v).arr > 0;
}

/** Memory that an assignment changes and others can see; nothing for the function's own variables. */
export function writesTo(to: Expr, names: NameInfo): string | undefined {
  if (isLocalObject(to, names)) return undefined;
  switch (to.k) {
    case 'var':
      return '&';
    case 'name':
      return `n:${to.n}`;
    case 'field':
      return `.${to.f}`;
    case 'cast':
      return writesTo(to.e, names);
    case 'index':
      return to.of.k === 'name' || to.of.k === 'field' ? writesTo(to.of, names) : '*';
    default:
      return '*';
  }
}

/** Whether writes may change what is read: a write through a pointer may change anything. */
export function mayMeet(written: Iterable<string>, reads: Reads): boolean {
  for (const key of written) if (reads.memory.size > 0 && (key === '*' || reads.memory.has(key))) return true;
  return false;
}
