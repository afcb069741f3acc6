/** What following the lives of locks in one function needs to know, and where it notes what is wrong. */
import type { Expr } from '../../facts/expr';
import { classOf } from '../../program/identity';
import type { Fn, Program, Target } from '../../program/program';
import type { CallGraph } from '../calls/call-graph';
import type { LockFacts } from '../locks/lock-facts';
import type { LockObjects } from '../locks/lock-objects';
import { keyOf } from '../paths/access-path';
import type { NameInfo } from '../paths/environment';
import type { Deed, FaultKind, LifetimeFault, LifetimeSummary } from './lock-lifetime-facts';
import type { LifeState } from './lock-lifetime-state';

export interface LifetimeContext {
  program: Program;
  graph: CallGraph;
  locks: LockFacts;
  objects: LockObjects;
  /** Classes of locks that some function takes. */
  taken: Pick<ReadonlySet<string>, 'has'>;
  summaryOf(fn: Fn): LifetimeSummary | undefined;
  /** Only takes and gives back locks: nothing is initialised there behind our back. */
  isWrapper(fn: Fn): boolean;
}

export interface FunctionContext extends LifetimeContext {
  fn: Fn;
  names: NameInfo;
  targets: ReadonlyMap<number, Target>;
  /** Calls whose result is looked at. */
  tested: ReadonlySet<number>;
  /** It initialises locks itself, so that what was in use before is of interest. */
  initialises: boolean;
  faults: Map<string, LifetimeFault>;
  endings: LifeState[];
  /** Everything that was ever initialised or destroyed here and has a name for the caller. */
  touched: Map<string, Deed>;
}

/** Something is done to a lock at a node of the function. */
export function deedAt(fn: Fn, place: Expr, node: number, inner?: Deed): Deed {
  return { fn, node, place, ...(inner ? { inner } : {}) };
}

/** Notes a mistake, once for each lock and node. */
export function fault(ctx: FunctionContext, kind: FaultKind, deed: Deed, before?: Deed): void {
  const key = `${kind} ${deed.node} ${keyOf(deed.place)}`;
  if (ctx.faults.has(key)) return;
  ctx.faults.set(key, {
    kind,
    deed: classified(ctx, deed),
    ...(before ? { before: classified(ctx, before) } : {}),
  });
}

/** Most deeds are nobody's fault, so only those that are get the name of their lock. */
function classified(ctx: FunctionContext, deed: Deed): Deed {
  const cls = deed.cls ?? classOf(ctx.program, deed.fn, deed.place);
  return cls ? { ...deed, cls } : deed;
}
