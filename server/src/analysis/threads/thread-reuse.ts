/**
 * Handles that are given to a join or detach a second time, on one path, through calls.
 *
 * The state is what was joined or detached and has not been given a new thread since; whatever may write the
 * handle, or changes what its path names, takes it out again: this must never be wrong.
 */
import type { Expr } from '../../facts/expr';
import type { ThreadModel } from '../../models/schema';
import type { CallNode, Fn, Program, Target } from '../../program/program';
import { returnsFrom } from '../calls/call-graph';
import type { CallWrites } from '../calls/call-writes';
import { isLocal, mentions, namesOf } from '../calls/names';
import { dependencies, isDirect, keyOf, rootOf, substitute } from '../paths/access-path';
import { written } from '../paths/assignments';
import { type Environment, knownValue, locate, type NameInfo, resolve } from '../paths/environment';
import { type Domain, explore, type Outcome } from '../paths/explore';
import { failureOf, operandOf, successOf, writesOf } from '../paths/operand';
import { SELF } from '../paths/value';
import { attributeWrites, detachmentOf } from './thread-attribute';
import { alwaysDetachesItself, type RoutineContext } from './thread-endless';
import type { Creation, HandleReuse, HandleUse } from './thread-facts';
import { capturedIn, leadsTo, madeHandles, reassignedIn, resultsUsedIn } from './thread-reuse-facts';

const NOTHING: ReadonlySet<string> = new Set();

/** A handle whose thread is joined or detached; `place` is in the function's terms. */
interface Used {
  key: string;
  place: Expr;
  deps: ReadonlySet<string>;
  by: HandleUse;
}

type UseState = readonly Used[];

interface ReuseContext extends RoutineContext {
  fn: Fn;
  names: NameInfo;
  creations: ReadonlyMap<number, Creation>;
  /** By function id: what it joins or detaches on every way through. */
  always: readonly (readonly { path: Expr; by: HandleUse }[])[];
  /** By function id: what the handles hang on that it or its callees give new threads. */
  makes: readonly ReadonlySet<string>[];
  reassigned: ReadonlySet<number>;
  /** Variables that a lambda has: it may write them whenever it is called. */
  captured: ReadonlySet<number>;
  results: ReturnType<typeof resultsUsedIn>;
  reuses: Map<string, HandleReuse>;
  /** Uses that some path comes to with a handle not used before. */
  fresh: Set<string>;
  /** Handles with another reference, which is given back as well. */
  shared: Set<string>;
  /** What every exit so far has joined or detached. */
  atExits?: UseState;
}

export function findReuses(
  around: RoutineContext,
  writes: CallWrites,
  creations: readonly Creation[],
): HandleReuse[] {
  const { program, graph } = around;
  const always: { path: Expr; by: HandleUse }[][] = program.fns.map(() => []);
  const makes = madeHandles(around, creations);
  const byFn = new Map<Fn, Map<number, Creation>>();
  for (const creation of creations) {
    const own = byFn.get(creation.fn) ?? new Map<number, Creation>();
    byFn.set(creation.fn, own.set(creation.node, creation));
  }
  const reuses: HandleReuse[] = [];
  for (const component of graph.components) {
    for (const id of component) {
      const fn = program.fns[id];
      if (!fn || !usesHandles(program, fn, always)) continue;
      const ctx: ReuseContext = {
        ...around,
        fn,
        names: namesOf(program, fn, writes),
        creations: byFn.get(fn) ?? new Map(),
        always,
        makes,
        reassigned: reassignedIn(fn),
        captured: capturedIn(fn),
        results: resultsUsedIn(fn),
        reuses: new Map(),
        fresh: new Set(),
        shared: new Set(),
      };
      if (!explore(fn.facts.nodes, domainOf(ctx))) continue;
      for (const [key, reuse] of ctx.reuses) {
        const covered = coveredBy(ctx, key, reuse);
        reuses.push({ ...reuse, ...(covered ? { covered } : {}) });
      }
      always[id] = (ctx.atExits ?? [])
        .filter((used) => isNameable(ctx, used.place))
        .filter((used) => ![...used.deps].some((dep) => makes[id]?.has(dep)))
        .map(({ place, by }) => ({ path: place, by }));
    }
  }
  return reuses;
}

function coveredBy(
  { fn, fresh }: ReuseContext,
  key: string,
  { use, before }: HandleReuse,
): HandleReuse['covered'] {
  if (!fresh.has(key)) return 'by the first';
  return before && leadsTo(fn.facts.nodes, before.node, use.node) ? 'by the second' : undefined;
}

function usesHandles(program: Program, fn: Fn, always: ReuseContext['always']): boolean {
  for (const target of program.targets[fn.id]?.values() ?? []) {
    if (target.kind === 'model' && closingOf(target.model.thread)) return true;
    if (target.kind === 'function' && (always[target.fn.id]?.length ?? 0) > 0) return true;
  }
  return false;
}

function closingOf(thread: ThreadModel | undefined): (ThreadModel & { op: 'join' | 'detach' }) | undefined {
  if (thread?.op === 'join') return thread.stays ? undefined : thread;
  return thread?.op === 'detach' ? thread : undefined;
}

function domainOf(ctx: ReuseContext): Domain<UseState> {
  return {
    initial: [],
    names: ctx.names,
    key: (state) => state.map(({ key, by }) => `${key}@${by.fn.id}:${by.node}`).join(),
    call: (state, env, node, index) => call(ctx, state, env, node, index),
    assign: (state, env, to) => afterWrite(state, locate(to, env, ctx.names)),
    endOfLife: (state, _env, vars) => state.filter(({ place }) => !vars.some((v) => mentions(place, v))),
    // What stands in shared memory may have been given another thread before the next turn.
    edge: (state, from, to) => (to <= from ? state.filter(({ place }) => isOwn(ctx, place)) : state),
    exit: (state) => {
      const keys = new Set(state.map(({ key }) => key));
      ctx.atExits = (ctx.atExits ?? state).filter(({ key }) => keys.has(key));
    },
  };
}

function call(
  ctx: ReuseContext,
  state: UseState,
  env: Environment,
  node: CallNode,
  index: number,
): Outcome<UseState>[] {
  if (!returnsFrom(ctx.program, ctx.fn, index, ctx.graph.neverReturns)) return [];
  const target = ctx.fn.facts.nodes[index] ? ctx.program.targets[ctx.fn.id]?.get(index) : undefined;
  if (target?.kind === 'model') return modelled(ctx, state, env, node, index, target);
  const callee = target?.kind === 'function' ? target.fn : undefined;
  const made = callee ? (ctx.makes[callee.id] ?? NOTHING) : NOTHING;
  let next: UseState = state.filter((used) => ![...used.deps].some((dep) => made.has(dep)));
  const done: Used[] = [];
  for (const { path, by } of callee ? (ctx.always[callee.id] ?? []) : []) {
    const value = substitute(
      path,
      callee?.facts.params ?? 0,
      node.args,
      target?.kind === 'function' ? target.receiver : undefined,
    );
    const used =
      value &&
      usedBy(ctx, resolve(value, env, ctx.names), { fn: ctx.fn, node: index, how: by.how, inner: by });
    if (used) done.push(used);
  }
  for (const used of done) report(ctx, next, used);
  next = afterCall(ctx, next, node, index, callee);
  for (const used of done) next = add(next, used);
  return [{ state: next, writes: attributeWrites(ctx.program, callee, node, env) }];
}

function modelled(
  ctx: ReuseContext,
  state: UseState,
  env: Environment,
  node: CallNode,
  index: number,
  { model, receiver }: Target & { kind: 'model' },
): Outcome<UseState>[] {
  const { thread } = model;
  const writes = writesOf(model, node.args, env, ctx.names, receiver);
  if (thread?.op === 'self') return [{ state, result: { eq: SELF } }];
  const shared = model.shares === undefined ? undefined : operandOf(model.shares, node.args, receiver);
  if (shared) ctx.shared.add(keyOf(resolve(shared, env, ctx.names)));
  if (thread?.op === 'create')
    return created(ctx, state, env, node, index, {
      kind: 'model',
      name: '',
      model,
      ...(receiver ? { receiver } : {}),
    });
  if (thread?.op === 'test') {
    const object = operandOf(thread.handle, node.args, receiver);
    const key = object && keyOf(locate(object, env, ctx.names));
    return [{ state, ...(state.some((used) => used.key === key) ? { result: { eq: 0 } } : {}) }];
  }
  const closing = closingOf(thread);
  if (!closing) return [{ state: afterCall(ctx, state, node, index, undefined, true), writes }];
  const handle = operandOf(closing.handle, node.args, receiver);
  if (!handle) return [{ state }];
  const how = closing.op === 'join' ? 'joined' : 'detached';
  const by: HandleUse = { fn: ctx.fn, node: index, how };
  if (how === 'joined' && isSelf(ctx, handle, env)) {
    ctx.reuses.set(`${index} self`, { kind: 'self', use: by, handle });
    return [{ state }];
  }
  // An object is itself, also where another was moved into it.
  const value = closing.handle === 'this' ? locate(handle, env, ctx.names) : resolve(handle, env, ctx.names);
  const used = usedBy(ctx, value, by);
  if (!used) return [{ state }];
  report(ctx, state, used);
  // A check that is not seen, `CHECK(!t.try_join_for(d))`, says how the join ended.
  if (model.success !== undefined && ctx.results.given.has(index)) return [{ state }];
  const success = model.success === undefined ? { eq: 0 } : successOf(model, ctx.names);
  const outcomes: Outcome<UseState>[] = [{ state: add(state, used), result: success }];
  // A caller that looks at the result may well try again where it failed.
  if (ctx.results.used.has(index) || model.success !== undefined)
    outcomes.push({ state, result: model.success === undefined ? { ne: [0] } : failureOf(model, ctx.names) });
  return outcomes;
}

function created(
  ctx: ReuseContext,
  state: UseState,
  env: Environment,
  node: CallNode,
  index: number,
  { model, receiver }: Target & { kind: 'model' },
): Outcome<UseState>[] {
  const { thread } = model;
  const handle = thread?.op === 'create' ? operandOf(thread.handle, node.args, receiver) : undefined;
  const failed: Outcome<UseState> = { state, result: failureOf(model, ctx.names) };
  if (thread?.op !== 'create' || !handle) return [{ state }, failed];
  const place = locate(handle, env, ctx.names);
  // Where it fails and the code goes on, a check that is not seen stands in between.
  const fresh = afterWrite(state, place);
  failed.state = fresh;
  const made = detachmentOf(ctx.program, ctx.fn, ctx.names, env, thread, node);
  const creation = ctx.creations.get(index);
  const bySelf =
    creation !== undefined &&
    creation.routines.length > 0 &&
    creation.routines.every((routine) => alwaysDetachesItself(ctx, routine));
  const by: HandleUse = { fn: ctx.fn, node: index, how: bySelf ? 'detaches itself' : 'made detached' };
  const used = made === 'detached' || bySelf ? usedBy(ctx, place, by) : undefined;
  return [{ state: used ? add(fresh, used) : fresh, result: successOf(model, ctx.names) }, failed];
}

function isSelf(ctx: ReuseContext, handle: Expr, env: Environment): boolean {
  if (knownValue(handle, env, ctx.names)?.eq === SELF) return true;
  const maker = handle.k === 'result' ? ctx.program.targets[ctx.fn.id]?.get(handle.n) : undefined;
  return maker?.kind === 'model' && maker.model.thread?.op === 'self';
}

function report(ctx: ReuseContext, state: UseState, used: Used): void {
  if (ctx.shared.has(used.key)) return;
  const before = state.find(({ key }) => key === used.key);
  const key = `${used.by.node} ${used.key}`;
  if (!before) {
    ctx.fresh.add(key);
    return;
  }
  if (!ctx.reuses.has(key))
    ctx.reuses.set(key, { kind: 'again', use: used.by, before: before.by, handle: used.place });
}

/** The handle as an entry; undefined where its path could mean another one the next time. */
function usedBy(ctx: ReuseContext, value: Expr, by: HandleUse): Used | undefined {
  const root = rootOf(value);
  if (root.k !== 'var' && root.k !== 'name' && root.k !== 'this') return undefined;
  if (root.k === 'name' && ctx.names.constant(root.n) !== undefined) return undefined;
  if (ctx.captured.size > 0 && [...ctx.captured].some((v) => dependencies(value).has(`v${v}`)))
    return undefined;
  // What a lambda is given or has captured others write as well, whenever they run.
  if (ctx.fn.facts.kind === 'lambda' && root.k === 'var' && root.v < ctx.fn.facts.params) return undefined;
  const key = keyOf(value);
  if (key.includes('?')) return undefined;
  return { key, place: value, deps: dependencies(value), by };
}

function add(state: UseState, used: Used): UseState {
  const rest = state.filter(({ key }) => key !== used.key);
  return [...rest, used].sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** What is still known after a place was written. */
function afterWrite(state: UseState, place: Expr): UseState {
  const key = keyOf(place, true);
  const stale = written(place);
  const throughMemory = stale.length === 0;
  return state.filter((used) => {
    if (keyOf(used.place, true) === key || stale.some((dep) => used.deps.has(dep))) return false;
    if (place.k === 'var' && mentions(used.place, place.v)) return false;
    return !throughMemory || (isDirect(used.place) && !used.key.includes('['));
  });
}

/** A call may write what it is given, and a function that is not visible whatever is not this one's own. */
function afterCall(
  ctx: ReuseContext,
  state: UseState,
  node: CallNode,
  index: number,
  callee: Fn | undefined,
  isModel = false,
): UseState {
  if (state.length === 0) return state;
  const stale = ctx.names.callWrites(index);
  return state.filter((used) => {
    if ([...used.deps].some((dep) => stale.has(dep))) return false;
    const root = rootOf(used.place);
    if (node.args.some((arg) => arg.k === 'addr' && root.k === 'var' && mentions(arg, root.v))) return false;
    if (ctx.fn.unit.language === 'cpp' && mayChange(node, used.place)) return false;
    if (isModel || isOwn(ctx, used.place)) return true;
    // A function that writes to this field or global is seen by its writes; one that is not visible is not.
    return callee !== undefined && !node.args.some((arg) => root.k === 'var' && mentions(arg, root.v));
  });
}

/** C++: a call may be given the object by reference, be a method of it, or of a lambda that has captured it. */
function mayChange({ callee, args }: CallNode, place: Expr): boolean {
  const key = keyOf(place);
  const root = rootOf(place);
  const isIt = (e: Expr): boolean =>
    e.k === 'lambda'
      ? (e.captures ?? []).some(isIt)
      : keyOf(e) === key || (root.k === 'var' && e.k === 'var' && e.v === root.v);
  return args.some(isIt) || (callee.k === 'field' && isIt(callee.of));
}

/** A place only this function knows. */
function isOwn(ctx: ReuseContext, place: Expr): boolean {
  const root = rootOf(place);
  return isDirect(place) && root.k === 'var' && (isLocal(ctx.fn, root) || root.v < ctx.fn.facts.params);
}

/** A path that means the same to the caller: its parameter was not given another value meanwhile. */
function isNameable(ctx: ReuseContext, place: Expr): boolean {
  const root = rootOf(place);
  if (root.k === 'name' || root.k === 'this') return true;
  return root.k === 'var' && root.v < ctx.fn.facts.params && !ctx.reassigned.has(root.v);
}
