/** The objects that hold a thread on one path of a function, and how a thread comes to them and leaves them. */
import type { Expr } from '../../facts/expr';
import type { LoopFacts } from '../../facts/facts';
import { classOf } from '../../program/identity';
import type { Fn, Program, Target } from '../../program/program';
import type { CallGraph } from '../calls/call-graph';
import { isLocal } from '../calls/names';
import { rootOf } from '../paths/access-path';
import { carries, type Home, homeOf } from './object-homes';
import type { Closer, Creation, Fate, Join, LeakKind, Stored, ThreadSummary } from './thread-facts';

export interface Live extends Home {
  creation: Creation;
}

export type LiveState = readonly Live[];

/** A join or detach in a loop, of everything in a container; or what else takes its elements. */
export interface LoopClosing {
  key: string;
  node: number;
  how: 'joined' | 'detached' | 'handed';
}

/** What is gathered while a function is explored. */
export interface Found {
  creations: Map<number, Creation>;
  closers: Closer[];
  joins: Join[];
  stored: Stored[];
  /** By node of the creation. */
  fates: Map<number, Fate[]>;
  /** Fields of objects of unknown type whose thread is joined. */
  unnamedCloses: Set<string>;
}

export interface ObjectContext {
  program: Program;
  graph: CallGraph;
  fn: Fn;
  targets: ReadonlyMap<number, Target>;
  summaries: readonly (ThreadSummary | undefined)[];
  found: Found;
  closes: Map<string, { path: Expr; waits: boolean }>;
  settled: Set<Creation>;
  leaks: Map<string, { creation: Creation; kind: LeakKind; node: number; holder: Expr }>;
  atExits: Map<number, ReadonlySet<number>[]>;
  /** By home: the creations whose thread it was given, also where it is in other hands by now. */
  homes: Map<string, Set<Creation>>;
  inLoops: Map<LoopFacts, LoopClosing[]>;
  /** Homes that other code may have been given to keep, by key. */
  escaped: ReadonlySet<string>;
  /** The thread detaches itself, or ends only with the process. */
  endsItself(creation: Creation): boolean;
}

/** The home of an object that is moved or made elsewhere, where the expression is such an object. */
export function movedFrom({ program, fn }: ObjectContext, e: Expr): Home | undefined {
  const { base } = program.types.typeOf(program, fn, e);
  const [name = ''] = program.types.classChain(fn.unit, fn.facts.name, base);
  return program.models.functions.get(`${name}::{constructor}`)?.thread ? homeOf(program, fn, e) : undefined;
}

/** A thread comes to stand in a home. */
export function arrive(ctx: ObjectContext, state: LiveState, live: Live, index: number): LiveState {
  const { fn, program } = ctx;
  const { creation, place } = live;
  ctx.homes.set(live.key, (ctx.homes.get(live.key) ?? new Set()).add(creation));
  if (isOwn(fn, place) && (ctx.escaped.has(live.key) || mayBeEmpty(ctx, place))) {
    settle(ctx, creation, { kind: 'handed', fn, node: index });
    return state;
  }
  if (isOwn(fn, place)) {
    const isSame = (one: Live): boolean =>
      one.key === live.key && (!live.container || one.creation === creation);
    for (const old of state)
      if (isSame(old) && !live.container && old.creation.object?.end === 'terminates')
        leak(ctx, old, 'overwritten', index);
    return insert(
      state.filter((one) => !isSame(one)),
      live,
    );
  }
  const cls = classOf(program, fn, place);
  if (!cls) {
    settle(ctx, creation, { kind: 'handed', fn, node: index });
    return state;
  }
  settle(ctx, creation, { kind: 'stored', fn, node: index, place: cls });
  const isKnown = ctx.found.stored.some((one) => one.creation === creation && one.place.key === cls.key);
  if (!isKnown) ctx.found.stored.push({ creation, place: cls, made: 'joinable' });
  return state;
}

/** `std::optional`: whether it holds anything is asked in ways that are not followed. */
function mayBeEmpty({ program, fn }: ObjectContext, place: Expr): boolean {
  const { base, ptr } = program.types.typeOf(program, fn, place);
  const { shapes } = program.models;
  return ptr === 0 && shapes.has(`${base} operator->`) && !shapes.has(`${base} get`);
}

/** A variable or object of the function itself. */
function isOwn(fn: Fn, place: Expr): boolean {
  return place.k === 'result' || (place.k === 'var' && isLocal(fn, place));
}

function insert(state: LiveState, live: Live): LiveState {
  const order = ({ key, creation }: Live): string => `${key}@${creation.node}`;
  return [...state, live].sort((a, b) => (order(a) < order(b) ? -1 : 1));
}

export function move(ctx: ObjectContext, state: LiveState, from: Home, to: Home, index: number): LiveState {
  if (from.key === to.key) return state;
  // Which element of a container was taken out does not show.
  if (from.container) return drop(ctx, state, from, index);
  const moved = state.filter(({ key }) => key === from.key);
  const rest = state.filter(({ key }) => key !== from.key);
  for (const { creation, place } of moved) {
    // An object without a name is called by what it is moved to.
    if (place.k !== 'result' || creation.handle.k === 'var') continue;
    creation.handle = to.place;
    if (creation.object && to.container) creation.object.container = true;
  }
  return moved.reduce<LiveState>((now, { creation }) => arrive(ctx, now, { ...to, creation }, index), rest);
}

export function drop(ctx: ObjectContext, state: LiveState, from: Home, index: number): LiveState {
  return dropWhere(ctx, state, ({ key }) => key === from.key, index);
}

export function dropCaptured(ctx: ObjectContext, state: LiveState, e: Expr, index: number): LiveState {
  if (state.length === 0) return state;
  return dropWhere(ctx, state, (live) => carries(ctx.program, ctx.fn, e, live), index);
}

function dropWhere(
  ctx: ObjectContext,
  state: LiveState,
  isGone: (live: Live) => boolean,
  index: number,
): LiveState {
  const { fn } = ctx;
  const kind = fn.facts.nodes[index]?.op === 'return' ? 'returned' : 'handed';
  return state.filter((live) => {
    if (!isGone(live)) return true;
    settle(ctx, live.creation, { kind, fn, node: index });
    return false;
  });
}

export function close(
  ctx: ObjectContext,
  state: LiveState,
  home: Home,
  waits: boolean,
  index: number,
  recorded = false,
): LiveState {
  const { program, fn, found } = ctx;
  const root = rootOf(home.place);
  if (root.k === 'name' || root.k === 'this' || (root.k === 'var' && root.v < fn.facts.params))
    ctx.closes.set(home.key, { path: home.place, waits });
  const place = recorded ? undefined : classOf(program, fn, home.place);
  if (place && !found.closers.some((one) => one.node === index && one.place.key === place.key))
    found.closers.push({ fn, node: index, place, waits });
  if (!place && home.place.k === 'field') found.unnamedCloses.add(home.place.f);
  const kind = waits ? 'joined' : 'detached';
  for (const creation of ctx.homes.get(home.key) ?? []) settle(ctx, creation, { kind, fn, node: index });
  return state.filter((live) => {
    if (live.key !== home.key) return true;
    joined(ctx, live.creation, waits, index);
    return false;
  });
}

export function joined(ctx: ObjectContext, creation: Creation, waits: boolean, node: number): void {
  const { fn, found } = ctx;
  const { routines } = creation;
  settle(ctx, creation, { kind: waits ? 'joined' : 'detached', fn, node });
  const isKnown = found.joins.some((one) => one.node === node && one.routines === routines);
  if (waits && !isKnown) found.joins.push({ fn, node, routines });
}

/** The object ends with its thread: some wait for it then. */
export function ended(ctx: ObjectContext, live: Live, kind: LeakKind, node: number): void {
  const { creation } = live;
  const end = creation.object?.end;
  // What hangs on a pointer has no end: as with every handle, its thread may end with the process.
  if (creation.object?.heap && ctx.endsItself(creation)) return;
  if (end === 'terminates') leak(ctx, live, kind, node);
  else joined(ctx, creation, end === 'joins', node);
}

export function leak(ctx: ObjectContext, { creation, place }: Live, kind: LeakKind, node: number): void {
  const key = `${creation.node} ${kind} ${node}`;
  if (!ctx.leaks.has(key)) ctx.leaks.set(key, { creation, kind, node, holder: place });
}

export function settle(ctx: ObjectContext, creation: Creation, fate: Fate): void {
  ctx.settled.add(creation);
  const fates = ctx.found.fates.get(creation.node) ?? [];
  ctx.found.fates.set(creation.node, fates);
  const isKnown = fates.some(
    (one) => one.kind === fate.kind && one.node === fate.node && one.place?.key === fate.place?.key,
  );
  if (!isKnown) fates.push(fate);
}

/** Some element of some container is joined or detached: which one is not known. */
export function dropContainers(ctx: ObjectContext, state: LiveState, index: number): LiveState {
  return dropWhere(ctx, state, ({ container }) => container, index);
}
