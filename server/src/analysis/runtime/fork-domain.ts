/**
 * Follows the two ways on from a fork: the child's is the one on which the result is zero, in whatever way the
 * program asks. A function whose results tell child and parent apart is a fork to its callers.
 */

import type { Fn, Program } from '../../program/program';
import { type CallGraph, returnsFrom } from '../calls/call-graph';
import type { CallWrites } from '../calls/call-writes';
import { modelledCalls } from '../calls/modelled';
import { namesOf } from '../calls/names';
import { type Environment, knownValue, type Value } from '../paths/environment';
import { type Domain, explore, type Outcome } from '../paths/explore';
import type { ForkChild, ForkFacts, ForkSite } from './fork-facts';

/** The fork whose child runs here, by the node of its call; none for the parent, and before any fork. */
interface State {
  site?: number;
}

/** How a function that forks can end. */
interface ForkSummary {
  site: ForkSite;
  child: Value;
  parent: readonly Value[];
}

interface Ending {
  child: boolean;
  node: number;
  result?: Value;
}

interface Context {
  program: Program;
  graph: CallGraph;
  fn: Fn;
  writes: CallWrites;
  summaries: ReadonlyMap<number, ForkSummary>;
  sites: Map<number, ForkSite>;
  calls: Map<number, Set<number>>;
  /** Calls made by others than a child. */
  others: Set<number>;
  endings: Ending[];
  returns: Map<number, Set<number>>;
}

/** Bottom-up over the functions that fork, themselves or through others that tell the child by their result. */
export function findForks(program: Program, graph: CallGraph, writes: CallWrites): ForkFacts {
  const summaries = new Map<number, ForkSummary>();
  const children: ForkChild[] = [];
  const forking = new Set(
    modelledCalls(program).flatMap(({ fn, target }) => (target.model.forks ? [fn] : [])),
  );
  if (forking.size === 0) return { children };
  for (const component of graph.components) {
    for (const id of component) {
      const fn = program.fns[id];
      if (!fn || !(forking.has(fn) || (graph.callees[id] ?? []).some((callee) => summaries.has(callee))))
        continue;
      const found = followForks({
        program,
        graph,
        fn,
        writes,
        summaries,
        sites: new Map(),
        calls: new Map(),
        others: new Set(),
        endings: [],
        returns: new Map(),
      });
      // What a wrapper's child does is told by its callers.
      if (found.summary) summaries.set(id, found.summary);
      children.push(...found.children);
    }
  }
  return { children };
}

function followForks(ctx: Context): { children: ForkChild[]; summary?: ForkSummary } {
  const complete = explore(ctx.fn.facts.nodes, domainOf(ctx));
  const summary = summaryOf(ctx);
  const children = [...ctx.sites].flatMap(([node, site]): ForkChild[] => {
    const calls = [...(ctx.calls.get(node) ?? [])].sort((a, b) => a - b);
    // The child of a wrapper goes on in the caller, which is where it is told from.
    if (summary && calls.length === 0) return [];
    const returns = summary ? [] : [...(ctx.returns.get(node) ?? [])];
    // Where not all ways were followed, others may make the calls as well.
    const own = complete ? calls.filter((call) => !ctx.others.has(call)) : [];
    return [{ site, calls, own, returns, ...(summary ? { handedOn: true } : {}) }];
  });
  return { children, ...(summary ? { summary } : {}) };
}

/** A function that gives the child another result than the parent: the result of its callers' fork. */
function summaryOf(ctx: Context): ForkSummary | undefined {
  const [site] = ctx.sites.values();
  const child = ctx.endings.filter((ending) => ending.child);
  const parent = ctx.endings.filter((ending) => !ending.child);
  const [first] = child;
  if (!site || !first?.result || parent.length === 0) return undefined;
  if (!child.every(({ result }) => result?.eq !== undefined && result.eq === first.result?.eq))
    return undefined;
  const results = parent.map(({ result }) => result ?? {});
  if (!results.every((result) => differs(result, first.result?.eq))) return undefined;
  return { site, child: first.result, parent: results };
}

function differs(result: Value, eq: Value['eq']): boolean {
  if (result.eq !== undefined) return result.eq !== eq && typeof result.eq === typeof eq;
  if (eq !== undefined && result.ne?.includes(eq)) return true;
  return result.sign !== undefined && typeof eq === 'number' && Math.sign(eq) !== result.sign;
}

function domainOf(ctx: Context): Domain<State> {
  return {
    initial: {},
    names: namesOf(ctx.program, ctx.fn, ctx.writes),
    key: ({ site }) => String(site ?? ''),
    call: (state, _env, _node, index) => call(ctx, state, index),
    exit(state, env, value, index) {
      const result = value && resultOf(ctx, env, value);
      if (state.site !== undefined) add(ctx.returns, state.site, index);
      ctx.endings.push({ child: state.site !== undefined, node: index, ...(result ? { result } : {}) });
    },
  };
}

function resultOf(
  ctx: Context,
  env: Environment,
  value: Parameters<typeof knownValue>[0],
): Value | undefined {
  const known = knownValue(value, env, namesOf(ctx.program, ctx.fn, ctx.writes));
  return known && { eq: known.eq, ne: known.ne, sign: known.sign };
}

function call(ctx: Context, state: State, index: number): Outcome<State>[] {
  if (state.site !== undefined) add(ctx.calls, state.site, index);
  else ctx.others.add(index);
  if (!returnsFrom(ctx.program, ctx.fn, index, ctx.graph.neverReturns)) return [];
  const target = ctx.program.targets[ctx.fn.id]?.get(index);
  if (target?.kind === 'model' && target.model.forks) {
    const shares = target.model.forks === 'share';
    ctx.sites.set(index, { fn: ctx.fn, node: index, callee: target.name, shares });
    return [
      { state: { site: index }, result: { eq: 0 } },
      { state, result: { sign: 1 } },
      { state, result: { eq: -1 } },
    ];
  }
  const summary = target?.kind === 'function' ? ctx.summaries.get(target.fn.id) : undefined;
  if (!summary) return [{ state }];
  const { callee, shares } = summary.site;
  ctx.sites.set(index, { fn: ctx.fn, node: index, callee, shares, inner: summary.site });
  return [
    { state: { site: index }, result: summary.child },
    ...summary.parent.map((result) => ({ state, result })),
  ];
}

function add(map: Map<number, Set<number>>, key: number, item: number): void {
  const known = map.get(key);
  if (known) known.add(item);
  else map.set(key, new Set([item]));
}
