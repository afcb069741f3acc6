/**
 * Functions whose callees may have done something to locks of the caller, nobody knows what: there is no life to
 * follow then, and which locks these are shows without following paths.
 */
import type { Expr } from '../../facts/expr';
import { classOf } from '../../program/identity';
import type { Fn } from '../../program/program';
import { isCallersOwn } from '../locks/lock-state';
import { dereference, isPath, isSmall, keyOf, mapRoot, rootOf, substitute } from '../paths/access-path';
import type { NameInfo } from '../paths/environment';
import { deedAt, type LifetimeContext } from './lock-lifetime-context';
import type { Deed, LifetimeEffect } from './lock-lifetime-facts';

/** A pointer that stands for many others says little of any. */
const MAX_SOURCES = 6;
const MAX_DEPTH = 3;

/** Effects on what the caller can name: whatever a variable is given somewhere, it may point to. */
export function touchedLocks(around: LifetimeContext, fn: Fn, names: NameInfo): LifetimeEffect[] {
  const { program, summaryOf } = around;
  const meanings = meaningsIn(fn, names);
  const touched = new Map<string, Deed>();
  for (const [node, target] of program.targets[fn.id] ?? []) {
    const call = fn.facts.nodes[node];
    const effects = target.kind === 'function' ? (summaryOf(target.fn)?.effects ?? []) : [];
    if (target.kind !== 'function' || call?.op !== 'call') continue;
    for (const { place, deed } of effects) {
      const root = rootOf(place);
      const arg = root.k === 'var' ? call.args[root.v] : undefined;
      if (arg && meanings(rootOf(arg)).length === 0) continue;
      const own = substitute(place, target.fn.facts.params, call.args, target.receiver);
      if (!own) continue;
      for (const meaning of meanings(rootOf(own))) {
        const mine = mapRoot(own, () => meaning);
        if (!isSmall(mine)) continue;
        const key = keyOf(mine);
        if (touched.has(key) || key.includes('?') || !isCallersOwn(fn, rootOf(mine))) continue;
        // A name may mean another variable in the callee's file.
        const isOther =
          rootOf(place).k === 'name' &&
          classOf(program, target.fn, place)?.key !== classOf(program, fn, mine)?.key;
        if (!isOther) touched.set(key, deedAt(fn, mine, node, deed));
      }
    }
  }
  return [...touched.values()].map((deed) => ({ place: deed.place, deed }));
}

/** What each local variable is given, as far as that is a path. */
type Sources = (v: number) => readonly Expr[];

function sourcesIn(fn: Fn, names: NameInfo): Sources {
  let found: Map<number, Expr[]> | undefined;
  const collect = (): Map<number, Expr[]> => {
    const all = new Map<number, Expr[]>();
    for (const node of fn.facts.nodes) {
      if (node.op !== 'assign' || node.to.k !== 'var' || !isPath(node.from)) continue;
      const from = names.isReference(node.to.v) ? dereference(node.from) : node.from;
      const known = all.get(node.to.v);
      if (!known) all.set(node.to.v, [from]);
      else if (known.length < MAX_SOURCES && !known.some((one) => keyOf(one) === keyOf(from)))
        known.push(from);
    }
    return all;
  };
  return (v) => {
    found ??= collect();
    return found.get(v) ?? [];
  };
}

/** The places that a variable or a result may mean, in terms of what the caller can name; asked at many calls. */
function meaningsIn(fn: Fn, names: NameInfo): (root: Expr) => readonly Expr[] {
  const sources = sourcesIn(fn, names);
  const known = new Map<string, readonly Expr[]>();
  return (root) => {
    if (isCallersOwn(fn, root)) return [root];
    const key = keyOf(root);
    const made = known.get(key) ?? meant(fn, names, sources, root, 0);
    known.set(key, made);
    return made;
  };
}

/** The places that a path may mean, in terms of what the caller can name. */
function meant(fn: Fn, names: NameInfo, sources: Sources, place: Expr, depth: number): readonly Expr[] {
  const root = rootOf(place);
  if (isCallersOwn(fn, root)) return [place];
  if (depth > MAX_DEPTH) return [];
  const value = root.k === 'result' ? names.callValue(root.n) : undefined;
  const given = root.k === 'var' ? sources(root.v) : value && isPath(value) ? [value] : [];
  return given.flatMap((source) => {
    const moved = mapRoot(place, () => source);
    return isSmall(moved) ? meant(fn, names, sources, moved, depth + 1) : [];
  });
}
