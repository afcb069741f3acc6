/** The handles a function holds on one path, and what is gathered while its paths are followed. */
import type { Expr } from '../../facts/expr';
import type { LoopFacts } from '../../facts/facts';
import type { Fn, Program, Target } from '../../program/program';
import type { CallGraph } from '../calls/call-graph';
import type { IndirectCalls } from '../calls/indirect';
import { isLocal } from '../calls/names';
import { isDirect, rootOf } from '../paths/access-path';
import type { NameInfo, Value } from '../paths/environment';
import type { ElementClosing } from './handle-loops';
import type { Detachment } from './thread-attribute';
import type { Closer, Creation, Fate, Join, Leak, LeakKind, Stored, ThreadSummary } from './thread-facts';

/** A handle that is not joined, detached or handed on yet. */
export interface Live {
  key: string;
  place: Expr;
  creation: Creation;
  /** Also known outside of this function: its end is judged over the whole workspace. */
  shared: boolean;
}

export type HandleState = readonly Live[];

/** What is gathered while a function is explored. */
export interface HandleFindings {
  creations: Map<number, Creation>;
  leaks: Leak[];
  closers: Closer[];
  joins: Join[];
  stored: readonly Stored[];
  /** By node of the creation. */
  made: ReadonlyMap<number, ReadonlySet<Detachment>>;
  fates: ReadonlyMap<number, readonly Fate[]>;
  /** Fields of objects of unknown type whose handle is joined. */
  unnamedCloses: ReadonlySet<string>;
  summary: ThreadSummary;
  complete: boolean;
}

export interface HandleContext {
  program: Program;
  graph: CallGraph;
  fn: Fn;
  names: NameInfo;
  summaries: readonly (ThreadSummary | undefined)[];
  indirect: IndirectCalls;
  targets: ReadonlyMap<number, Target>;
  creations: Map<number, Creation>;
  leaks: Map<string, Leak>;
  closers: Map<string, Closer>;
  closes: Map<string, { path: Expr; waits: boolean }>;
  stored: Map<string, Stored>;
  made: Map<number, Set<Detachment>>;
  fates: Map<number, Map<string, Fate>>;
  creates: Map<string, { place: Expr; creation: Creation; success?: Value; failure?: Value }>;
  /** Joins of handles that are live in the function itself. */
  joins: Map<string, Join>;
  /** Creations that some path closes or hands on. */
  closed: Set<Creation>;
  detachesSelf: boolean;
  /** Creations of threads that leave nothing to join: followed, but never said to be lost. */
  quiet: Map<Creation, Detachment>;
  /** By place: the creation whose handle it was given last, also where the handle is in other hands by now. */
  homes: Map<string, Creation>;
  /** Creations whose handle is returned on a path on which it is closed. */
  closedResults: Set<Creation>;
  /** By exit: the creations whose handle is live there, for each way that comes to it. */
  atExits: Map<number, ReadonlySet<number>[]>;
  /** Fields of objects of unknown type whose handle is joined. */
  unnamedCloses: Set<string>;
  loopCloses: Map<LoopFacts, ElementClosing[]>;
}

/** A place only this function knows: a local, a member of one, an element of an array it owns. */
export function isOwn(ctx: HandleContext, place: Expr): boolean {
  if (place.k === 'result') return true;
  if (!isLocal(ctx.fn, rootOf(place))) return false;
  return isDirect(place);
}

/** Equal keys, where any element stands for each. */
export function sameHandle(a: string, b: string): boolean {
  if (a === b) return true;
  const any = (key: string): string => key.replace(/\[[^\]]*\]/g, '[*]');
  return any(a) === any(b);
}

export function leak(ctx: HandleContext, creation: Creation, kind: LeakKind, node: number): void {
  if (ctx.quiet.has(creation)) return;
  const key = `${creation.node} ${kind} ${node}`;
  if (!ctx.leaks.has(key)) ctx.leaks.set(key, { creation, kind, at: { fn: ctx.fn, node }, never: false });
}

/** Some path closes the handle or hands it on. */
export function settle(ctx: HandleContext, creation: Creation, fate: Fate): void {
  ctx.closed.add(creation);
  const fates = ctx.fates.get(creation.node) ?? new Map<string, Fate>();
  ctx.fates.set(creation.node, fates);
  fates.set(`${fate.kind} ${fate.node} ${fate.place?.key ?? ''}`, fate);
  if (fate.kind === 'stored' && fate.place)
    ctx.stored.set(`${creation.node} ${fate.node} ${fate.place.key}`, {
      creation,
      place: fate.place,
      made: ctx.quiet.get(creation) ?? 'joinable',
    });
}
