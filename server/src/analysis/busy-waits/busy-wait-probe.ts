/**
 * Functions that only look: what decides their result, and what they write on the way. A function that does
 * anything else (waits, takes memory, counts, calls what is not seen) is none, and a loop around it is no wait.
 */
import type { Expr } from '../../facts/expr';
import type { CallNode, Fn, Program } from '../../program/program';
import { type Reads as CellReads, read, readAgain, reading } from '../../program/reads';
import type { Analysis } from '../analysis';
import { type CallGraph, returnsFrom } from '../calls/call-graph';
import { noteTrait } from '../calls/kept';
import { namesOf } from '../calls/names';
import { EMPTY, type Environment, type NameInfo, set, truth } from '../paths/environment';
import { operandOf } from '../paths/operand';
import { noReads, type Reads, readsOf, writesTo } from './busy-wait-reads';

export interface Probe {
  /** Memory that decides its result; `try` for a lock that is tried. */
  memory: ReadonlyMap<string, Expr>;
  /** Parameters that decide it. */
  params: ReadonlySet<number>;
  writes: ReadonlySet<string>;
}

/** What a call does to a loop around it. */
export type CallEffect =
  | { kind: 'looks'; writes: ReadonlySet<string> }
  /** It waits, works, or is not seen. */
  | { kind: 'other' };

export interface Probes {
  namesIn(fn: Fn): NameInfo;
  effectOf(fn: Fn, node: number): CallEffect;
  /** Adds what decides values in these nodes, through variables and calls; false where that is not known. */
  trace(fn: Fn, reads: Reads, inside: readonly number[]): boolean;
}

const LOOKS: CallEffect = { kind: 'looks', writes: new Set() };
const OTHER: CallEffect = { kind: 'other' };
/** Who only looks does so through few functions. */
const MAX_HEIGHT = 12;

export function makeProbes({ program, graph, writes }: Analysis): Probes {
  const known = new Map<string, { probe: Probe | undefined; reads: CellReads }>();
  const heights = heightsOf(graph);
  const isHigh = ({ id }: Fn): boolean => (heights[id] ?? 0) > MAX_HEIGHT;
  for (const fn of program.fns) noteTrait(fn, 'stands high', isHigh(fn));
  const names = new Map<Fn, NameInfo>();

  const namesIn = (fn: Fn): NameInfo => {
    const found = names.get(fn) ?? namesOf(program, fn, writes);
    names.set(fn, found);
    return found;
  };

  const effectOf = (fn: Fn, node: number): CallEffect => {
    const call = fn.facts.nodes[node];
    const target = program.targets[fn.id]?.get(node);
    if (call?.op !== 'call') return LOOKS;
    if (target?.kind === 'function') {
      const probe = probeOf(target.fn, constantsOf(call, namesIn(fn)));
      return probe ? { kind: 'looks', writes: probe.writes } : OTHER;
    }
    if (target?.kind !== 'model') return isConstruction(fn, call) ? LOOKS : OTHER;
    const { model, receiver } = target;
    if (model.lock?.timed) return OTHER;
    if (model.yields || model.blocks || model.allocates || model.calls || model.noreturn) return OTHER;
    if (model.lock || model.guard || model.returns) return LOOKS;
    const stored = model.stores?.flatMap(({ to }) => operandOf(to, call.args, receiver) ?? []);
    if (!stored || stored.length === 0) return OTHER;
    return { kind: 'looks', writes: new Set(stored.flatMap((to) => writesTo(to, namesIn(fn)) ?? [])) };
  };

  const probeOf = (fn: Fn, constants: readonly (number | undefined)[]): Probe | undefined => {
    read(fn.cell);
    // What is too high by itself is so to every caller: answers do not hang on who asks first.
    if (isHigh(fn)) return undefined;
    const key = `${fn.id} ${constants.join()}`;
    const found = known.get(key);
    if (found) readAgain(found.reads);
    if (found) return found.probe;
    const { result: probe, reads } = reading(() => probeBody(fn, constants));
    known.set(key, { probe, reads });
    return probe;
  };

  const probeBody = (fn: Fn, constants: readonly (number | undefined)[]): Probe | undefined => {
    const { nodes } = fn.facts;
    if (fn.facts.damaged) return undefined;
    const own = namesIn(fn);
    const reached = reachable(program, graph.neverReturns, fn, environmentOf(fn, constants), own);
    const written = new Set<string>();
    for (const index of reached) {
      const node = nodes[index];
      if (node?.op === 'call') {
        const effect = effectOf(fn, index);
        if (effect.kind === 'other') return undefined;
        for (const one of effect.writes) written.add(one);
      }
      const to = node?.op === 'assign' ? writesTo(node.to, own) : undefined;
      if (node?.op !== 'assign' || !to) continue;
      if (readsOf(node.from, own).memory.has(to)) return undefined;
      written.add(to);
    }
    const reads = noReads();
    const ends = (index: number): string =>
      endsFrom(nodes.length, reached, (i) => nodes[i]?.next ?? [], index);
    for (const index of reached) {
      const node = nodes[index];
      if (node?.op === 'return' && node.value) readsOf(node.value, own, reads);
      if (node?.op !== 'branch' && node?.op !== 'switch') continue;
      if (new Set(node.next.map(ends)).size > 1)
        readsOf(node.op === 'branch' ? node.cond : node.on, own, reads);
    }
    if (
      !trace(
        fn,
        reads,
        [...reached].sort((a, b) => a - b),
      )
    )
      return undefined;
    const params = new Set([...reads.locals].filter((v) => v < fn.facts.params));
    return { memory: reads.memory, params, writes: written };
  };

  const trace = (fn: Fn, reads: Reads, inside: readonly number[]): boolean => {
    const own = namesIn(fn);
    const { nodes } = fn.facts;
    const seenLocals = new Set<number>();
    const seenResults = new Set<number>();
    for (let grown = true; grown; ) {
      grown = false;
      for (const v of [...reads.locals]) {
        if (seenLocals.has(v)) continue;
        seenLocals.add(v);
        grown = true;
        for (const index of inside) {
          const node = nodes[index];
          if (node?.op === 'assign' && isPartOf(node.to, v)) readsOf(node.from, own, reads);
          // What a callee leaves in a variable is not followed.
          if (node?.op === 'call' && node.args.some((arg) => arg.k === 'addr' && isPartOf(arg.of, v)))
            return false;
        }
      }
      for (const n of [...reads.results]) {
        if (seenResults.has(n)) continue;
        seenResults.add(n);
        grown = true;
        if (!traceCall(fn, n, reads)) return false;
      }
    }
    return !reads.opaque;
  };

  const traceCall = (fn: Fn, n: number, reads: Reads): boolean => {
    const own = namesIn(fn);
    const call = fn.facts.nodes[n];
    const target = program.targets[fn.id]?.get(n);
    if (call?.op !== 'call') return false;
    if (target?.kind === 'model') {
      const { lock } = target.model;
      // Who takes a lock that spins has chosen to.
      const tried = lock?.op === 'try' && !lock.spins && operandOf(lock.lock, call.args, target.receiver);
      if (tried) reads.memory.set('try', tried);
      const read = target.model.returns && operandOf(target.model.returns, call.args, target.receiver);
      if (read) readsOf(read, own, reads);
      return read !== undefined || target.model.lock !== undefined;
    }
    if (target?.kind !== 'function') return false;
    const probe = probeOf(target.fn, constantsOf(call, own));
    if (!probe) return false;
    for (const key of probe.memory.keys())
      if (!reads.memory.has(key)) reads.memory.set(key, { k: 'result', n });
    for (const v of probe.params) {
      const arg = call.args[v];
      if (arg) readsOf(arg, own, reads);
    }
    return true;
  };

  return { namesIn, effectOf, trace };
}

/** How many functions stand below each other at most; without bound where functions call each other in a circle. */
function heightsOf({ components, callees }: CallGraph): readonly number[] {
  const heights: number[] = [];
  for (const component of components) {
    let height = component.length > 1 ? Number.POSITIVE_INFINITY : 0;
    for (const id of component)
      for (const callee of callees[id] ?? [])
        height = callee === id ? Number.POSITIVE_INFINITY : Math.max(height, (heights[callee] ?? 0) + 1);
    for (const id of component) heights[id] = height;
  }
  return heights;
}

/** `rec_t()`: a value is made. A library's object comes into being or ends: a guard, a string. */
function isConstruction(fn: Fn, { callee }: CallNode): boolean {
  if (callee.k === 'field') return callee.f.startsWith('{');
  return callee.k === 'name' && fn.facts.variables.some(({ type }) => type.base === callee.n);
}

function isPartOf(place: Expr, v: number): boolean {
  if (place.k === 'var') return place.v === v;
  if (place.k === 'field' || place.k === 'index') return isPartOf(place.of, v);
  return false;
}

function constantsOf({ args }: CallNode, names: NameInfo): (number | undefined)[] {
  return args.map((arg) => {
    const value = arg.k === 'name' ? names.constant(arg.n) : arg.k === 'num' ? arg.v : undefined;
    return typeof value === 'number' ? value : undefined;
  });
}

/** Parameters that have one value as long as the function runs. */
function environmentOf(fn: Fn, constants: readonly (number | undefined)[]): Environment {
  let env = EMPTY;
  constants.forEach((eq, v) => {
    const isChanged = fn.facts.nodes.some((node) => node.op === 'assign' && isPartOf(node.to, v));
    if (eq !== undefined && v < fn.facts.params && !isChanged) env = set({ k: 'var', v }, { eq }, env);
  });
  return env;
}

function reachable(
  program: Program,
  neverReturns: readonly boolean[],
  fn: Fn,
  env: Environment,
  names: NameInfo,
): Set<number> {
  const seen = new Set<number>();
  const queue = [0];
  for (let index = queue.pop(); index !== undefined; index = queue.pop()) {
    const node = fn.facts.nodes[index];
    if (!node || seen.has(index)) continue;
    if (node.op === 'call' && !returnsFrom(program, fn, index, neverReturns)) continue;
    seen.add(index);
    const holds = node.op === 'branch' ? truth(node.cond, env, names) : undefined;
    const [yes, no] = node.next;
    const next = holds === undefined ? node.next : [holds ? yes : no];
    for (const target of next) if (target !== undefined) queue.push(target);
  }
  return seen;
}

/** The ends that control can come to, as a text that is equal for equal sets. */
function endsFrom(
  count: number,
  inside: ReadonlySet<number>,
  nextOf: (index: number) => readonly number[],
  start: number,
): string {
  const seen = new Uint8Array(count);
  const ends: number[] = [];
  const queue = [start];
  for (let index = queue.pop(); index !== undefined; index = queue.pop()) {
    if (seen[index] || !inside.has(index)) continue;
    seen[index] = 1;
    const next = nextOf(index);
    if (next.length === 0) ends.push(index);
    queue.push(...next);
  }
  return ends.sort((a, b) => a - b).join();
}

/** A call that sleeps, yields or blocks. */
export function isWaiting(program: Program, fn: Fn, node: number): boolean {
  const target = program.targets[fn.id]?.get(node);
  if (target?.kind !== 'model') return false;
  const { yields, blocks, condition } = target.model;
  return yields === true || condition?.op === 'wait' || (blocks !== undefined && !SPEAKS.has(blocks.on));
}

/** What a loop also does where it has something to do. */
const SPEAKS: ReadonlySet<string> = new Set(['network', 'input']);
