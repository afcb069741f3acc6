/**
 * Process ids that are read once and kept: a fork gives parent and child the same text, and a file that is named
 * by it has two writers.
 */

import type { Expr } from '../../facts/expr';
import { classOf } from '../../program/identity';
import type { Fn, Program } from '../../program/program';
import { modelledCalls } from '../calls/modelled';
import { rootOf } from '../paths/access-path';
import { operandOf } from '../paths/operand';

/** A global takes a process id, or a text made of one. */
export interface KeptId {
  fn: Fn;
  /** Where the id is read. */
  node: number;
  /** The global's key. */
  key: string;
  label: string;
}

/** A file is opened by a name that comes from such a global. */
export interface NamedFile {
  key: string;
  fn: Fn;
  /** Where the global is read into the name; the same as `opens` where it is the name. */
  node: number;
  opens: number;
}

/** Copies from local to local. */
const MAX_COPIES = 4;

export function findKeptIds(program: Program): KeptId[] {
  return modelledCalls(program).flatMap(({ fn, node, target }) => {
    if (!target.model.pid) return [];
    const flow = followed(program, fn, (e) => e.k === 'result' && e.n === node);
    return flow.globals.map(({ key, label }) => ({ fn, node, key, label }));
  });
}

export function findNamedFiles(program: Program, keys: ReadonlySet<string>): NamedFile[] {
  return program.fns.flatMap((fn) => {
    const found: NamedFile[] = [];
    for (const key of keys) {
      const isKept = (e: Expr): boolean => isPathTo(program, fn, e, key);
      if (!mentionsName(fn, key)) continue;
      const flow = followed(program, fn, isKept);
      for (const [node, target] of program.targets[fn.id] ?? []) {
        const call = fn.facts.nodes[node];
        const opens = target.kind === 'model' ? target.model.opens : undefined;
        const name = opens && call?.op === 'call' ? operandOf(opens, call.args) : undefined;
        if (!name) continue;
        if (isKept(name)) found.push({ key, fn, node, opens: node });
        else {
          const root = rootOf(name);
          const at = root.k === 'var' ? flow.locals.get(root.v) : undefined;
          if (at !== undefined) found.push({ key, fn, node: at, opens: node });
        }
      }
    }
    return found;
  });
}

function isPathTo(program: Program, fn: Fn, e: Expr, key: string): boolean {
  const plain = e.k === 'cast' ? e.e : e;
  return (plain.k === 'name' || plain.k === 'field') && classOf(program, fn, plain)?.key === key;
}

/** A cheap look before the costly one: the last word of the key stands in the function at all. */
function mentionsName(fn: Fn, key: string): boolean {
  const word = key.slice(Math.max(key.lastIndexOf('#'), key.lastIndexOf('.'), key.lastIndexOf(':')) + 1);
  const has = (e: Expr): boolean => {
    if (e.k === 'name') return e.n.endsWith(word);
    if (e.k === 'field') return e.f === word || has(e.of);
    if (e.k === 'deref' || e.k === 'addr' || e.k === 'index') return has(e.of);
    return e.k === 'cast' ? has(e.e) : false;
  };
  return fn.facts.nodes.some(
    (node) => (node.op === 'call' && node.args.some(has)) || (node.op === 'assign' && has(node.from)),
  );
}

/** Where a value goes inside of a function: locals with the node that gave it to them, and globals. */
function followed(
  program: Program,
  fn: Fn,
  isSource: (e: Expr) => boolean,
): { locals: ReadonlyMap<number, number>; globals: { key: string; label: string }[] } {
  const locals = new Map<number, number>();
  const results = new Set<number>();
  const globals = new Map<string, string>();
  const carries = (e: Expr): boolean => {
    if (isSource(e)) return true;
    const plain = e.k === 'cast' || e.k === 'un' ? e.e : e;
    if (plain !== e) return carries(plain);
    if (e.k === 'bin') return carries(e.l) || carries(e.r);
    if (e.k === 'result') return results.has(e.n);
    const root = rootOf(e);
    return root.k === 'var' && locals.has(root.v);
  };
  const give = (to: Expr, node: number): void => {
    const root = rootOf(to);
    if (root.k === 'var') {
      if (!locals.has(root.v) && !fn.facts.variables[root.v]?.storage) locals.set(root.v, node);
      return;
    }
    const cls = classOf(program, fn, to);
    if (cls?.single) globals.set(cls.key, cls.label);
  };
  for (let round = 0; round < MAX_COPIES; round++) {
    const before = locals.size + results.size + globals.size;
    fn.facts.nodes.forEach((node, index) => {
      if (node.op === 'assign' && carries(node.from)) give(node.to, index);
      const target = node.op === 'call' ? program.targets[fn.id]?.get(index) : undefined;
      if (node.op !== 'call' || target?.kind !== 'model' || !node.args.some(carries)) return;
      if (target.model.allocates) results.add(index);
      const to = target.model.formats ? operandOf(target.model.formats, node.args) : undefined;
      if (to && node.args.slice(1).some(carries)) give(to, index);
    });
    if (locals.size + results.size + globals.size === before) break;
  }
  return { locals, globals: [...globals].map(([key, label]) => ({ key, label })) };
}
