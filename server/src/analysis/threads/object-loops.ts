/** What a function does with thread objects on no path in particular: to containers in loops, and given away for keeps. */
import type { Expr } from '../../facts/expr';
import type { LoopFacts } from '../../facts/facts';
import type { Fn, Program } from '../../program/program';
import { substitute } from '../paths/access-path';
import { keepsParameter } from './handle-transfer';
import { elementGiven, homeOf } from './object-homes';
import type { LoopClosing, ObjectContext } from './object-state';
import { isHarmless, isThreadObject } from './object-threads';

/** Some container, which one is not known. */
export const ANY = '*';

/** `auto &[id, thread] : threads`: what a name of such a kind is bound to is not seen. */
export function isUnbound(program: Program, fn: Fn, e: Expr): boolean {
  if (e.k === 'deref' || e.k === 'cast') return isUnbound(program, fn, e.k === 'cast' ? e.e : e.of);
  const isNamed = e.k === 'name' || (e.k === 'var' && e.v >= fn.facts.params);
  return isNamed && program.types.typeOf(program, fn, e).base === '';
}

/** Joins, detaches and everything else that takes elements of containers inside a loop. */
export function closedIn(ctx: ObjectContext, loop: LoopFacts): LoopClosing[] {
  const { program, fn, targets, summaries } = ctx;
  const closings: LoopClosing[] = [];
  const take = (e: Expr | undefined, how: LoopClosing['how'], node: number): void => {
    const home = e && homeOf(program, fn, e);
    if (home?.container) closings.push({ key: home.key, node, how });
  };
  for (let index = loop.first; index <= loop.last; index++) {
    const node = fn.facts.nodes[index];
    if (node?.op === 'assign' && node.from.k === 'result') take(node.from, 'handed', index);
    if (node?.op !== 'call') continue;
    const target = targets.get(index);
    if (target?.kind === 'model' && isThreadObject(target.model)) {
      const { op } = target.model.thread;
      if (op === 'join' || op === 'detach')
        take(target.receiver, op === 'join' ? 'joined' : 'detached', index);
      if (op === 'create') for (const arg of node.args) take(arg, 'handed', index);
      continue;
    }
    if (target?.kind === 'function')
      for (const { path, waits } of summaries[target.fn.id]?.closes ?? []) {
        const given = substitute(path, target.fn.facts.params, node.args, target.receiver);
        take(given, waits ? 'joined' : 'detached', index);
      }
    const isPassed = target?.kind === 'model' && (target.model.returns ?? target.model.refers) === '0';
    if (!isPassed) for (const arg of node.args) take(arg, 'handed', index);
    if (node.callee.k !== 'field' || target?.kind === 'function') continue;
    if (isUnbound(program, fn, node.callee.of)) closings.push({ key: ANY, node: index, how: 'handed' });
    if (!elementGiven(program, fn, node.callee) && !isHarmless(program, fn, node.callee, target))
      take(node.callee.of, 'handed', index);
  }
  return closings;
}

/** Variables that other code is given by reference and may keep: a guard that joins, a lambda that does. */
export function escapedIn(program: Program, fn: Fn): Set<string> {
  const found = new Set<string>();
  const take = (e: Expr): void => {
    if (e.k === 'lambda') for (const one of e.captures ?? []) take(one);
    else if (e.k === 'init') for (const item of e.items) take(item.e);
    else if (e.k === 'var' || e.k === 'addr' || e.k === 'result') {
      const home = homeOf(program, fn, e);
      if (home && home.place.k === 'var' && !home.container) found.add(home.key);
    }
  };
  fn.facts.nodes.forEach((node, index) => {
    if (node.op === 'assign' && (node.from.k === 'init' || node.from.k === 'lambda')) take(node.from);
    if (node.op !== 'call') return;
    const target = program.targets[fn.id]?.get(index);
    node.args.forEach((arg, i) => {
      // What is moved is given as it is now; what stays behind is not kept.
      const isMoved = arg.k === 'result' && !refers(program, fn, arg.n);
      const keeps =
        target?.kind === 'function'
          ? keepsParameter(program, target.fn, i)
          : !target || target.kind === 'unknown';
      if (arg.k === 'lambda' || (keeps && !isMoved)) take(arg);
    });
  });
  return found;
}

function refers(program: Program, fn: Fn, node: number): boolean {
  const target = program.targets[fn.id]?.get(node);
  return target?.kind === 'model' && target.model.refers !== undefined;
}
