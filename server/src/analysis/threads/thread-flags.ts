/** Joins that depend on a flag which the thread clears itself: once it has ended on its own, nobody joins it. */
import type { Expr } from '../../facts/expr';
import { classOf, mayOverlap, type PlaceClass } from '../../program/identity';
import type { Fn, Program } from '../../program/program';
import type { CallGraph } from '../calls/call-graph';
import { isPath, substitute, substituteValue } from '../paths/access-path';
import { callValue } from '../paths/call-value';
import { guardsOf } from '../paths/control-dependence';
import { operandOf, storedValue } from '../paths/operand';
import type { Closer, Creation, Leak } from './thread-facts';

/** How deep below a routine its effects on its own flag are looked for. */
const ROUTINE_DEPTH = 3;
/** Accessors of accessors. */
const MAX_ACCESSORS = 3;

/** All joins depend on one flag being set, and the thread's routine clears that flag before it ends. */
export function guardedByOwnFlag(
  program: Program,
  graph: CallGraph,
  creation: Creation,
  joins: readonly Closer[],
): Leak['guard'] {
  if (creation.routines.length === 0) return undefined;
  const joiners = new Set(joins.map((join) => join.fn));
  const candidates = joins.map((join) =>
    flagsBefore(program, join.fn, join.node).flatMap(({ place, node }) => {
      const clear = clearedBy(program, graph, creation.routines, place, joiners);
      return clear ? [{ place, node, clear }] : [];
    }),
  );
  if (candidates.some((flags) => flags.length === 0)) return undefined;
  const [join] = joins;
  const own = candidates[0] ?? [];
  // The flag that all joins share says most; else the one nearest to the join.
  const shared = own.filter(({ place }) =>
    candidates.every((flags) => flags.some((flag) => flag.place.key === place.key)),
  );
  const flag = shared.at(-1) ?? own.at(-1);
  if (!join || !flag) return undefined;
  return {
    flag: flag.place,
    test: { fn: join.fn, node: flag.node },
    join: { fn: join.fn, node: join.node },
    joins: joins.length,
    clear: flag.clear,
  };
}

/** Shared flags that must be set for control to come to a node. */
function flagsBefore(program: Program, fn: Fn, node: number): { place: PlaceClass; node: number }[] {
  return guardsOf(fn.facts.nodes, node).flatMap((guard) => {
    const tested = testedPlace(program, fn, guard.cond);
    if (!tested || tested.positive !== guard.holds) return [];
    const place = classOf(program, fn, tested.place);
    return place ? [{ place, node: guard.node }] : [];
  });
}

/** The place whose truth a condition tests: `s->run`, `s->run != 0`, `atomic_load(&s->run)`. */
function testedPlace(program: Program, fn: Fn, cond: Expr): { place: Expr; positive: boolean } | undefined {
  if (cond.k === 'un' && cond.op === '!') {
    const inner = testedPlace(program, fn, cond.e);
    return inner && { place: inner.place, positive: !inner.positive };
  }
  if (cond.k === 'bin' && (cond.op === '==' || cond.op === '!=') && cond.r.k === 'num') {
    const inner = testedPlace(program, fn, cond.l);
    const positive = (cond.op === '!=') === (cond.r.v === 0);
    return inner && { place: inner.place, positive: inner.positive === positive };
  }
  if (cond.k === 'result') {
    const value = callValue(program, fn, cond.n) ?? accessed(program, fn, cond.n);
    return value && testedPlace(program, fn, value);
  }
  return isPath(cond) ? { place: cond, positive: true } : undefined;
}

/** Where the routines, or what they call, write zero to a place of this class. */
function clearedBy(
  program: Program,
  graph: CallGraph,
  routines: readonly Fn[],
  place: PlaceClass,
  joiners: ReadonlySet<Fn>,
): { fn: Fn; node: number } | undefined {
  const seen = new Set<Fn>();
  let level = [...routines];
  for (let depth = 0; depth <= ROUTINE_DEPTH && level.length > 0; depth++) {
    for (const fn of level) {
      seen.add(fn);
      // Who joins may clear the flag as well: that is the other side's routine, not the thread's.
      const node = joiners.has(fn) ? undefined : clearingNode(program, fn, place);
      if (node !== undefined) return { fn, node };
    }
    level = level
      .flatMap((fn) => (graph.callees[fn.id] ?? []).flatMap((id) => program.fns[id] ?? []))
      .filter((fn) => !seen.has(fn));
  }
  return undefined;
}

function clearingNode(program: Program, fn: Fn, place: PlaceClass): number | undefined {
  const index = fn.facts.nodes.findIndex((_, i) =>
    storesAt(program, fn, i).some(
      ({ to, value }) => isZero(program, fn, value) && isPlace(program, fn, to, place),
    ),
  );
  return index < 0 ? undefined : index;
}

/** What a node writes: an assignment, a library function, a function whose only effect is such a write. */
function storesAt(program: Program, fn: Fn, index: number, depth = 0): { to: Expr; value: Expr }[] {
  const node = fn.facts.nodes[index];
  if (node?.op === 'assign') return [{ to: node.to, value: node.from }];
  const target = node?.op === 'call' ? program.targets[fn.id]?.get(index) : undefined;
  if (node?.op !== 'call') return [];
  if (target?.kind === 'model')
    return (target.model.stores ?? []).flatMap(({ to, value }) => {
      const written = operandOf(to, node.args, target.receiver);
      return written ? [{ to: written, value: storedValue(value, node.args, target.receiver) }] : [];
    });
  if (target?.kind !== 'function' || depth >= MAX_ACCESSORS || !isAccessor(target.fn)) return [];
  const { facts } = target.fn;
  return facts.nodes.flatMap((_, i) =>
    storesAt(program, target.fn, i, depth + 1).flatMap(({ to, value }) => {
      const place = substitute(to, facts.params, node.args, target.receiver);
      const given = substituteValue(value, facts.params, node.args, target.receiver);
      return place && given ? [{ to: place, value: given }] : [];
    }),
  );
}

/** The value that a function returns and computes from its arguments alone. */
function accessed(program: Program, fn: Fn, index: number, depth = 0): Expr | undefined {
  const node = fn.facts.nodes[index];
  const target = program.targets[fn.id]?.get(index);
  if (node?.op !== 'call' || target?.kind !== 'function' || depth >= MAX_ACCESSORS || !isAccessor(target.fn))
    return undefined;
  const returns = target.fn.facts.nodes.filter((one) => one.op === 'return');
  const [only] = returns;
  if (returns.length !== 1 || only?.op !== 'return' || !only.value) return undefined;
  const inner =
    only.value.k === 'result'
      ? (callValue(program, target.fn, only.value.n) ?? accessed(program, target.fn, only.value.n, depth + 1))
      : only.value;
  return inner && substituteValue(inner, target.fn.facts.params, node.args, target.receiver);
}

/** A function without branches: it reads or writes one thing. */
function isAccessor(fn: Fn): boolean {
  return fn.facts.nodes.every((node) => node.op !== 'branch' && node.op !== 'switch');
}

function isZero(program: Program, fn: Fn, e: Expr): boolean {
  if (e.k === 'cast') return isZero(program, fn, e.e);
  return e.k === 'name'
    ? program.constantNamed(fn.unit, e.n) === 0 || e.n === 'false'
    : e.k === 'num' && e.v === 0;
}

function isPlace(program: Program, fn: Fn, e: Expr, place: PlaceClass): boolean {
  const own = classOf(program, fn, e);
  return own !== undefined && mayOverlap(own, place);
}
