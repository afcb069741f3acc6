/** Whether a thread is made detached: what its attribute object says, along the path and over the workspace. */
import type { Expr } from '../../facts/expr';
import type { ThreadModel } from '../../models/schema';
import { classOf, mayOverlap, type PlaceClass } from '../../program/identity';
import type { CallNode, Fn, Program } from '../../program/program';
import { mentions } from '../calls/names';
import { rootOf } from '../paths/access-path';
import { isUnavoidable } from '../paths/control-dependence';
import { type Environment, knownValue, locate, type NameInfo } from '../paths/environment';
import { operandOf, storedValue } from '../paths/operand';

/** `unknown`: something that is not visible decides. */
export type Detachment = 'joinable' | 'detached' | 'unknown';

type CreateModel = ThreadModel & { op: 'create' };

/** How deep below a call its effect on an attribute object is looked for. */
const MAX_HELPERS = 3;

export function detachmentOf(
  program: Program,
  fn: Fn,
  names: NameInfo,
  env: Environment,
  thread: CreateModel,
  node: CallNode,
): Detachment {
  const property = thread.attribute ? operandOf(thread.attribute, node.args) : undefined;
  if (!property) return 'joinable';
  if (property.k !== 'field' || !property.f.startsWith('#')) {
    // The argument says so itself.
    const said = knownValue(property, env, names)?.eq;
    if (said === undefined) return 'unknown';
    return said === (names.constant(thread.joinable ?? '') ?? thread.joinable) ? 'joinable' : 'detached';
  }
  const pointer = property.of.k === 'deref' ? property.of.of : undefined;
  // A null attribute stands for the defaults.
  if (pointer && knownValue(pointer, env, names)?.eq === 0) return 'joinable';
  const place = locate(property, env, names);
  const known = knownValue(place, env, names)?.eq;
  const { joinable } = thread;
  if (known !== undefined)
    return known === (names.constant(joinable ?? '') ?? joinable) ? 'joinable' : 'detached';
  if (pointer?.k === 'var' && pointer.v >= fn.facts.params && neverDetaches(program, fn, pointer.v, joinable))
    return 'joinable';
  const object = place.k === 'field' ? classOf(program, fn, place.of) : undefined;
  return object ? everywhere(program, object, place.k === 'field' ? place.f : '', joinable) : 'unknown';
}

/** What a call writes to the properties of attribute objects whose address it is given. */
export function attributeWrites(
  program: Program,
  callee: Fn | undefined,
  node: CallNode,
  env: Environment,
): { to: Expr; value: Expr }[] {
  const writes: { to: Expr; value: Expr }[] = [];
  for (const { object, property } of [...knownObjects(env), ...givenObjects(program, callee, node)]) {
    const slot = node.args.findIndex((arg) => mentions(arg, object));
    if (slot < 0) continue;
    const effect = callee ? effectOn(program, callee, slot, property) : unknownEffect();
    if (effect) writes.push({ to: { k: 'field', of: { k: 'var', v: object }, f: property }, value: effect });
  }
  return writes;
}

interface AttributeObject {
  object: number;
  property: string;
}

function knownObjects(env: Environment): AttributeObject[] {
  return env.flatMap(({ key }) => {
    const match = /^v(\d+)\.(#\w+)$/.exec(key);
    return match ? [{ object: Number(match[1]), property: match[2] ?? '' }] : [];
  });
}

/** `set_up(&attr)`: the first that happens to an attribute object may be a helper that sets it up. */
function givenObjects(program: Program, callee: Fn | undefined, node: CallNode): AttributeObject[] {
  if (!callee) return [];
  return node.args.flatMap((arg) => {
    if (arg.k !== 'addr' || arg.of.k !== 'var') return [];
    const object = arg.of.v;
    return setIn(program, callee).map((property) => ({ object, property }));
  });
}

/** The properties that calls in a function store to, directly. */
function setIn(program: Program, fn: Fn): string[] {
  const found = new Set<string>();
  for (const target of program.targets[fn.id]?.values() ?? [])
    for (const { to } of target.kind === 'model' ? (target.model.stores ?? []) : []) {
      const [, property] = to.split('#');
      if (property) found.add(`#${property}`);
    }
  return [...found];
}

function unknownEffect(): Expr {
  return { k: 'unknown' };
}

/** The value a function gives to a property of what a parameter points to; undefined where it leaves it alone. */
function effectOn(program: Program, fn: Fn, param: number, property: string, depth = 0): Expr | undefined {
  let effect: Expr | undefined;
  for (const [index, node] of fn.facts.nodes.entries()) {
    if (node.op === 'assign' && mentions(node.from, param)) return unknownEffect();
    if (node.op !== 'call' || !node.args.some((arg) => mentions(arg, param))) continue;
    const value = effectOfCall(program, fn, index, node, param, property, depth);
    if (!value) continue;
    // Written twice, or only on some path: what it is in the end is not known.
    if (effect || !isUnavoidable(fn.facts.nodes, index)) return unknownEffect();
    effect = value;
  }
  return effect;
}

function effectOfCall(
  program: Program,
  fn: Fn,
  index: number,
  node: CallNode,
  param: number,
  property: string,
  depth: number,
): Expr | undefined {
  const target = program.targets[fn.id]?.get(index);
  if (target?.kind === 'model') {
    const store = (target.model.stores ?? []).find(({ to }) => {
      const place = operandOf(to, node.args, target.receiver);
      return place?.k === 'field' && place.f === property && mentions(place, param);
    });
    const value = store && storedValue(store.value, node.args, target.receiver);
    return value?.k === 'var' ? unknownEffect() : value;
  }
  if (target?.kind !== 'function' || depth >= MAX_HELPERS) return unknownEffect();
  const slot = node.args.findIndex((arg) => mentions(arg, param));
  return effectOn(program, target.fn, slot, property, depth + 1);
}

/**
 * A pointer that is null or points to a local object, and none of what it may point to is ever made detached in
 * the function: joinable either way, even where the ways have met.
 */
function neverDetaches(program: Program, fn: Fn, pointer: number, joinable: string | undefined): boolean {
  const objects = new Set([pointer]);
  for (const node of fn.facts.nodes) {
    if (node.op !== 'assign' || node.to.k !== 'var' || node.to.v !== pointer) continue;
    const from = node.from.k === 'cast' ? node.from.e : node.from;
    if (from.k === 'num' && from.v === 0) continue;
    if (from.k === 'name' && program.constantNamed(fn.unit, from.n) === 0) continue;
    if (from.k === 'name' && from.n === 'NULL') continue;
    if (from.k !== 'addr' || from.of.k !== 'var' || from.of.v < fn.facts.params) return false;
    objects.add(from.of.v);
  }
  if (objects.size < 2) return false;
  return fn.facts.nodes.every((node, index) => {
    if (node.op !== 'call' || ![...objects].some((v) => node.args.some((arg) => mentions(arg, v))))
      return true;
    const target = program.targets[fn.id]?.get(index);
    return target?.kind === 'model' && storesOnly(program, fn, target.model.stores ?? [], node, joinable);
  });
}

function storesOnly(
  program: Program,
  fn: Fn,
  stores: readonly { to: string; value: string }[],
  node: CallNode,
  joinable: string | undefined,
): boolean {
  return stores.every(({ to, value }) => {
    if (!to.includes('#')) return true;
    return isConstant(program, fn, storedValue(value, node.args), joinable);
  });
}

function isConstant(program: Program, fn: Fn, e: Expr, constant: string | undefined): boolean {
  if (e.k === 'cast') return isConstant(program, fn, e.e, constant);
  if (e.k === 'name') return e.n === constant;
  return e.k === 'num' && constant !== undefined && program.constantNamed(fn.unit, constant) === e.v;
}

/** An attribute object in a global or field: what the whole workspace does to it. */
function everywhere(
  program: Program,
  object: PlaceClass,
  property: string,
  joinable: string | undefined,
): Detachment {
  const said = new Set<Detachment>();
  let made = false;
  for (const fn of program.fns) {
    for (const [index, target] of program.targets[fn.id] ?? []) {
      const node = fn.facts.nodes[index];
      if (node?.op !== 'call') continue;
      for (const { to, value } of target.kind === 'model' ? (target.model.stores ?? []) : []) {
        const place = to.includes('#') ? operandOf(to, node.args) : undefined;
        if (place?.k !== 'field' || place.f !== property) continue;
        const own = classOf(program, fn, place.of);
        if (!own) {
          // An attribute object that is only known here is another one; one behind a pointer may be this one.
          const mayBe = rootOf(place).k !== 'var' || place.of.k === 'deref';
          if (mayBe && !isConstant(program, fn, storedValue(value, node.args), joinable)) said.add('unknown');
        } else if (mayOverlap(own, object)) {
          const stored = storedValue(value, node.args);
          const isInit = !/^\*{0,2}\d/.test(value);
          if (isConstant(program, fn, stored, joinable)) {
            if (isInit) made = true;
            else said.add('joinable');
          } else said.add(stored.k === 'name' || stored.k === 'num' ? 'detached' : 'unknown');
        }
      }
    }
  }
  if (said.size === 0) return made ? 'joinable' : 'unknown';
  const [only] = said;
  return said.size === 1 && only ? only : 'unknown';
}
