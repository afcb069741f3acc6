/** Locks that are reached through pointers and indices. */
import type { Expr } from '../../facts/expr';

/** The lock itself, or the object that holds it, is behind a pointer. */
export function isBehind(e: Expr): boolean {
  if (e.k === 'cast') return isBehind(e.e);
  if (e.k === 'field') return isBehindMember(e.of);
  return e.k === 'deref';
}

/** `mu->m` in a guard: the object that holds the lock is behind a pointer that the guard keeps. */
function isBehindMember(e: Expr): boolean {
  if (e.k === 'cast') return isBehindMember(e.e);
  if (e.k === 'field') return isBehindMember(e.of);
  return e.k === 'deref' && (e.of.k === 'field' || (e.of.k === 'cast' && e.of.e.k === 'field'));
}

/** It is an element of an array, or in one. */
export function hasIndex(e: Expr): boolean {
  if (e.k === 'index') return true;
  if (e.k === 'cast') return hasIndex(e.e);
  return (e.k === 'field' || e.k === 'deref' || e.k === 'addr') && hasIndex(e.of);
}
