/** Objects of C++ that are threads: what calls do with them, what their threads are given, where members are used. */
import type { Expr } from '../../facts/expr';
import { shapeName } from '../../models/library';
import type { FunctionModel, ThreadModel } from '../../models/schema';
import { classOf, mayOverlap, type PlaceClass } from '../../program/identity';
import type { CallNode, Fn, Program, Target } from '../../program/program';
import { functionOf } from '../calls/names';
import { operandOf } from '../paths/operand';
import { elementGiven, homeOf } from './object-homes';
import type { Closer, Creation, Leak, Stored, ThreadSite, ThreadSummary } from './thread-facts';

/** What a model says of threads whose handle is the object that a method is called on. */
export function isThreadObject(
  model: FunctionModel,
): model is FunctionModel & { thread: ThreadModel & { handle: string } } {
  const { thread } = model;
  return thread !== undefined && 'handle' in thread && thread.handle === 'this';
}

/** Makes, joins, detaches or tests such an object, or calls what does. */
export function touchesObjects(
  program: Program,
  fn: Fn,
  summaries: readonly (ThreadSummary | undefined)[],
): boolean {
  for (const target of program.targets[fn.id]?.values() ?? []) {
    if (target.kind === 'model' && (isThreadObject(target.model) || target.model.awaited)) return true;
    if (target.kind === 'function' && summaries[target.fn.id]?.closes.length) return true;
  }
  return false;
}

/** `empty()` and its like: whether a container holds anything. */
export function isEmptied(program: Program, fn: Fn, callee: Expr & { k: 'field' }): boolean {
  return shapeOf(program, fn, callee) === 'bool';
}

function shapeOf(program: Program, fn: Fn, callee: Expr & { k: 'field' }): string | undefined {
  const { base, ptr } = program.types.typeOf(program, fn, callee.of);
  return ptr > 0 ? undefined : program.models.shapes.get(shapeName(base, callee.f));
}

/** A method that leaves its object's thread as it is: a size, an id, room for more. */
export function isHarmless(
  program: Program,
  fn: Fn,
  callee: Expr & { k: 'field' },
  target: Target | undefined,
): boolean {
  if (callee.f.startsWith('{')) return true;
  if (shapeOf(program, fn, callee) !== undefined) return !elementGiven(program, fn, callee);
  return target?.kind === 'model' && target.model.thread === undefined;
}

/** What a thread is given by address: `std::ref(x)`, `&x`, what a lambda captures so. */
export function lentTo(program: Program, fn: Fn, { args }: CallNode): Expr[] {
  const [routine] = args;
  const given = args.slice(1).map((arg) => (arg.k === 'result' ? referredTo(program, fn, arg.n) : arg));
  return [...captured(program, fn, routine), ...given.flatMap((one) => one ?? [])];
}

/** `std::ref(x)` is the address of `x` here. */
function referredTo(program: Program, fn: Fn, node: number): Expr | undefined {
  const target = program.targets[fn.id]?.get(node);
  const call = fn.facts.nodes[node];
  if (target?.kind !== 'model' || !target.model.refers || call?.op !== 'call') return undefined;
  const of = operandOf(target.model.refers, call.args);
  return of && { k: 'addr', of };
}

/**
 * A thread whose object ends with its function is joined there, or the program ends. One that is detached or
 * stored elsewhere goes on; what is handed on to other code may be joined by it.
 */
export function outlivesObjects(sites: readonly ThreadSite[]): (creation: Creation) => boolean {
  const fates = new Map(sites.map((site) => [site.creation, site.fates]));
  return (creation) => {
    if (!creation.object) return true;
    if (creation.object.end === 'joins') return false;
    const own = fates.get(creation) ?? [];
    return own.some(({ kind }) => kind === 'detached' || kind === 'stored');
  };
}

function captured(program: Program, fn: Fn, e: Expr | undefined): Expr[] {
  if (e?.k !== 'lambda') return [];
  const lambda = functionOf(program, fn, e);
  return (e.captures ?? []).flatMap((outer, i): Expr[] => {
    const inner = lambda?.facts.variables[(e.params ?? 0) + i];
    if (!inner) return [];
    return inner.type.ref ? [{ k: 'addr', of: outer }] : [outer];
  });
}

/** Members and globals that hold a thread which nothing in the workspace joins, detaches or moves out of. */
export function storedObjects(
  program: Program,
  stored: readonly Stored[],
  closers: readonly Closer[],
  isQuiet: (stored: Stored) => boolean,
): Leak[] {
  return stored.flatMap((one): Leak[] => {
    const { creation, place } = one;
    const ends = creation.object?.end === 'terminates' || creation.object?.heap;
    if (!ends || isQuiet(one) || closers.some((closer) => mayOverlap(closer.place, place))) return [];
    if (leavesView(program, place)) return [];
    return [{ creation, kind: 'stored', at: { fn: creation.fn, node: creation.node }, never: true, place }];
  });
}

/** The member is read in a way that may join it, or code of its class is not visible. */
function leavesView(program: Program, place: PlaceClass): boolean {
  const name = place.key.slice(place.key.indexOf('#') + 1);
  const owner = name.includes('.') ? name.slice(0, name.indexOf('.')) : undefined;
  if (owner && hasUnseenMethods(program, owner)) return true;
  const field = name.slice(name.lastIndexOf('.') + 1);
  return program.fns.some((fn) => {
    const isIt = (e: Expr): boolean => mentionsMember(program, fn, e, field, place);
    return fn.facts.nodes.some((node, index) => {
      if (node.op === 'assign') return isIt(node.from);
      if (node.op === 'return') return node.value !== undefined && isIt(node.value);
      if (node.op !== 'call') return false;
      const target = program.targets[fn.id]?.get(index);
      if (node.args.some(isIt)) return true;
      if (node.callee.k !== 'field' || !isIt(node.callee.of)) return false;
      if (target?.kind === 'model' && isThreadObject(target.model)) return false;
      return !isHarmless(program, fn, node.callee, target) || target?.kind === 'function';
    });
  });
}

function mentionsMember(program: Program, fn: Fn, e: Expr, field: string, place: PlaceClass): boolean {
  if (e.k === 'init') return e.items.some((item) => mentionsMember(program, fn, item.e, field, place));
  if (e.k === 'lambda')
    return (e.captures ?? []).some((one) => mentionsMember(program, fn, one, field, place));
  const home = homeOf(program, fn, e)?.place;
  if (home?.k !== 'field' && home?.k !== 'name') return false;
  if ((home.k === 'field' ? home.f : home.n) !== field) return false;
  const own = classOf(program, fn, home);
  return !own || mayOverlap(own, place);
}

/** Methods that are declared in the workspace and defined outside of it, or in text that was not understood. */
function hasUnseenMethods(program: Program, owner: string): boolean {
  const own = `${owner}::`;
  for (const unit of program.units) {
    for (const { name } of unit.prototypes) {
      const method = name.startsWith(own) ? name.slice(own.length) : undefined;
      if (!method || method.includes('::') || method.startsWith('operator')) continue;
      if (owner === method || owner.endsWith(`::${method}`)) continue;
      if (!program.functionNamed(unit, name)) return true;
    }
  }
  return program.fns.some(({ facts }) => facts.damaged && facts.name.startsWith(own));
}
