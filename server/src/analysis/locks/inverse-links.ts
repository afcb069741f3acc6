/** Locks along the links of a structure, taken one way by some code and the other way by other code. */
import type { Expr } from '../../facts/expr';
import { memberKey } from '../../program/identity';
import type { Fn, Program } from '../../program/program';
import type { Analysis } from '../analysis';
import { keyOf, withoutCasts } from '../paths/access-path';
import type { LockEdge } from './lock-facts';

/** A lock is held while that of the object behind a link is taken. */
export interface LinkStep {
  edge: LockEdge;
  /** The member that the link is: what it is called across functions. */
  link: string;
}

/** Two ways along links that lead back to each other. */
export interface InverseLinks {
  step: LinkStep;
  back: LinkStep;
}

/** Each pair of links once; `isWanted` says of a step whether it can block another thread. */
export function findInverseLinks(analysis: Analysis, isWanted: (edge: LockEdge) => boolean): InverseLinks[] {
  const { program, locks, roots } = analysis;
  const byClass = new Map<string, LinkStep[]>();
  for (const fn of program.fns) {
    if (fn.facts.kind === 'macro') continue;
    for (const edge of locks.events[fn.id]?.nested ?? []) {
      const link = linkOf(program, fn, edge);
      const key = edge.to.cls?.key;
      if (link === undefined || key === undefined || !isWanted(edge)) continue;
      byClass.set(key, [...(byClass.get(key) ?? []), { edge, link }]);
    }
  }
  const found = new Map<string, InverseLinks>();
  for (const steps of byClass.values())
    for (const step of steps)
      for (const back of steps) {
        const key = [step.link, back.link].sort().join();
        if (step.link === back.link || found.has(key)) continue;
        if (!roots.mayRunInParallel(step.edge.to, back.edge.to)) continue;
        if (areInverse(program, step.link, back.link)) found.set(key, { step, back });
      }
  return [...found.values()];
}

/** The member in `n->parent->lock`, while `n->lock` is held. */
function linkOf(program: Program, fn: Fn, { from, to }: LockEdge): string | undefined {
  let [a, b] = [withoutCasts(from.place), withoutCasts(to.place)];
  while (a.k === 'field' && b.k === 'field' && a.f === b.f) [a, b] = [withoutCasts(a.of), withoutCasts(b.of)];
  const link = b.k === 'deref' ? withoutCasts(b.of) : b;
  if (link.k !== 'field' || keyOf(a) !== keyOf(withoutCasts(link.of))) return undefined;
  return memberKey(program, fn, link);
}

/** Some code puts two objects together by both: `child->parent = node; node->child = child;`. */
function areInverse(program: Program, one: string, other: string): boolean {
  const names = [one, other].map((key) => key.slice(key.lastIndexOf('.') + 1));
  return program.fns.some((fn) => {
    const written: { link: string; object: string; to: string }[] = [];
    for (const node of fn.facts.nodes) {
      if (node.op !== 'assign' || node.to.k !== 'field' || !names.includes(node.to.f)) continue;
      const link = memberKey(program, fn, node.to);
      if (link === one || link === other)
        written.push({ link, object: keyOf(pointerTo(node.to.of)), to: keyOf(withoutCasts(node.from)) });
    }
    return written.some((a) =>
      written.some((b) => a.link !== b.link && a.object === b.to && a.to === b.object),
    );
  });
}

function pointerTo(object: Expr): Expr {
  const plain = withoutCasts(object);
  return plain.k === 'deref' ? withoutCasts(plain.of) : { k: 'addr', of: plain };
}
