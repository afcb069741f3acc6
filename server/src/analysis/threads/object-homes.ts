/**
 * Where an object of C++ that is a thread lives: in a variable, a member, or somewhere in a container.
 *
 * A container is one home for all that it holds, and a pointer, smart or not, is the home of what it points to.
 */
import type { Expr } from '../../facts/expr';
import { shapeName } from '../../models/library';
import type { Fn, Program } from '../../program/program';
import { keyOf, rootOf } from '../paths/access-path';

export interface Home {
  /** The variable or member, without elements and dereferences. */
  place: Expr;
  key: string;
  /** One of possibly several there. */
  container: boolean;
}

/** References to references, iterators over them. */
const MAX_STEPS = 8;

/** The home that an expression leads to; undefined where it leads nowhere that has a name. */
export function homeOf(program: Program, fn: Fn, e: Expr, steps = 0): Home | undefined {
  if (steps > MAX_STEPS) return undefined;
  const inner = (of: Expr): Home | undefined => homeOf(program, fn, of, steps + 1);
  switch (e.k) {
    case 'cast':
      return inner(e.e);
    case 'addr':
    case 'deref':
      return inner(e.of);
    case 'index': {
      const home = inner(e.of);
      return home && { ...home, container: true };
    }
    case 'field':
      return isPart(program, fn, e) ? inner(e.of) : madeOf({ k: 'field', of: e.of, f: e.f });
    case 'var': {
      const origin = originOf(program, fn, e.v);
      return origin ? inner(origin) : madeOf(e);
    }
    case 'result': {
      const target = program.targets[fn.id]?.get(e.n);
      const call = fn.facts.nodes[e.n];
      if (call?.op !== 'call') return undefined;
      const passes = target?.kind === 'model' && (target.model.returns ?? target.model.refers) === '0';
      if (passes && call.args[0]) return inner(call.args[0]);
      const element = call.callee.k === 'field' ? elementGiven(program, fn, call.callee) : undefined;
      if (element === undefined || call.callee.k !== 'field') return madeOf(e);
      const home = inner(call.callee.of);
      return home && { ...home, container: home.container || element === 'one of many' };
    }
    case 'name': {
      const isMember = !program.globalNamed(fn, e.n) && memberNamed(program, fn, e.n);
      return madeOf(isMember ? { k: 'field', of: { k: 'deref', of: { k: 'this' } }, f: e.n } : e);
    }
    default:
      return undefined;
  }
}

function madeOf(place: Expr): Home {
  return { place, key: keyOf(place, true), container: false };
}

function memberNamed(program: Program, fn: Fn, name: string): boolean {
  const around = program.types.classAround(fn);
  return around !== undefined && program.types.fieldOf(around, name) !== undefined;
}

/** `it->second`: a field of what a library's container holds, not of a class that is seen. */
function isPart(program: Program, fn: Fn, e: Expr & { k: 'field' }): boolean {
  const owner = program.types.typeOf(program, fn, e.of);
  return program.models.shapes.has(shapeName(owner.base, `.${e.f}`));
}

/** Whether a method gives an element, or the object behind a pointer. */
export function elementGiven(
  program: Program,
  fn: Fn,
  callee: Expr & { k: 'field' },
): 'one of many' | 'the only one' | undefined {
  const { base, ptr } = program.types.typeOf(program, fn, callee.of);
  const shape = ptr > 0 ? undefined : program.models.shapes.get(shapeName(base, callee.f));
  if (shape === undefined || !/\$\d/.test(shape)) return undefined;
  return program.models.shapes.has(shapeName(base, 'operator->')) ? 'the only one' : 'one of many';
}

/** What a reference is bound to, or an iterator set to: the element that it leads to. */
function originOf(program: Program, fn: Fn, v: number): Expr | undefined {
  if (v < fn.facts.params) return undefined;
  const init = fn.facts.nodes.find(
    (node) => node.op === 'assign' && node.decl && node.to.k === 'var' && node.to.v === v,
  );
  if (init?.op !== 'assign') return undefined;
  const { from } = init;
  if (from.k === 'addr' || from.k === 'index' || from.k === 'deref') return from;
  if (from.k !== 'result') return undefined;
  const call = fn.facts.nodes[from.n];
  const gives = call?.op === 'call' && call.callee.k === 'field' && elementGiven(program, fn, call.callee);
  return gives ? from : undefined;
}

/** Whether an expression carries, points to, or captures what lives in a home. */
export function carries(program: Program, fn: Fn, e: Expr, home: Home): boolean {
  switch (e.k) {
    case 'init':
      return e.items.some((item) => carries(program, fn, item.e, home));
    case 'lambda':
      return (e.captures ?? []).some((one) => carries(program, fn, one, home));
    case 'bin':
      return carries(program, fn, e.l, home) || carries(program, fn, e.r, home);
    case 'un':
      return carries(program, fn, e.e, home);
    default: {
      const own = homeOf(program, fn, e);
      if (own?.key === home.key) return true;
      if (own?.place.k === 'result') return carriedByCall(program, fn, own.place.n, home);
      const root = rootOf(home.place);
      return own?.place.k === 'var' && root.k === 'var' && root.v === own.place.v;
    }
  }
}

/** `std::make_move_iterator(v.begin())`, `std::ref(t)`: what a call makes of it. */
function carriedByCall(program: Program, fn: Fn, node: number, home: Home): boolean {
  const call = fn.facts.nodes[node];
  if (call?.op !== 'call') return false;
  return call.args.some((arg) => homeOf(program, fn, arg)?.key === home.key);
}
