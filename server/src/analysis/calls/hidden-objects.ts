/**
 * Local objects that nobody else can reach: they are given to no call, and what is called on them keeps no pointer
 * to them. What a callee writes to a member of that name is another object's.
 */
import type { Expr } from '../../facts/expr';
import { expressionsOf, namesIn } from '../../program/expressions';
import type { CallNode, Fn, Program, Target } from '../../program/program';
import { isDirect, rootOf } from '../paths/access-path';
import { kept } from './kept';

/** Constructors call those of bases; other chains of methods are no longer than this either. */
const MAX_DEPTH = 4;

/** The variables of a function that are such objects. */
export function hiddenObjects(program: Program, fn: Fn): ReadonlySet<number> {
  const { nodes, variables, params } = fn.facts;
  const shown = new Set<number>();
  const show = (e: Expr): void => {
    if (e.k === 'lambda') for (const one of e.captures ?? []) show(one);
    if (e.k === 'init') for (const item of e.items) show(item.e);
    const whole = e.k === 'addr' ? e.of : e;
    const root = rootOf(whole);
    const isPart = e.k !== 'addr' && whole.k === 'field' && isDirect(whole);
    if (root.k === 'var' && !isPart) shown.add(root.v);
  };
  const showAll = (e: Expr): void => namesIn(e, show);
  nodes.forEach((node, index) => {
    if (node.op === 'call') {
      const target = program.targets[fn.id]?.get(index);
      const unused = target?.kind === 'function' && !target.also ? unusedParameters(target.fn) : undefined;
      node.args.forEach((arg, i) => {
        if (!unused?.has(i)) show(arg);
      });
      const object = node.callee.k === 'field' ? node.callee.of : node.on;
      if (object && mayKeep(program, node, target, 0)) showAll(object);
      if (target?.kind === 'function' && target.into) show(target.into);
    }
    if (node.op === 'assign') show(node.from);
    if (node.op === 'return' && node.value) show(node.value);
  });
  const found = new Set<number>();
  variables.forEach(({ type, storage }, v) => {
    const isObject = v >= params && !storage && !type.ref && type.ptr === 0 && type.arr === 0;
    if (isObject && !shown.has(v)) found.add(v);
  });
  return found;
}

/** `void done(const guard &)`: who must show a guard shows that it has one. */
function unusedParameters(fn: Fn): ReadonlySet<number> {
  return kept(fn, 'unused parameters', () => {
    const found = new Set(fn.facts.damaged ? [] : fn.facts.variables.keys());
    const look = (part: Expr): void => {
      if (part.k === 'var') found.delete(part.v);
      if (part.k === 'lambda') for (const one of part.captures ?? []) namesIn(one, look);
    };
    for (const node of fn.facts.nodes) for (const e of expressionsOf(node)) namesIn(e, look);
    return found;
  });
}

/** Whether what a call does may keep a pointer to the object that it is called on. */
function mayKeep(program: Program, { callee }: CallNode, target: Target | undefined, depth: number): boolean {
  if (target?.kind === 'model') return false;
  if (target?.kind !== 'function')
    // What nobody has written does nothing with the object.
    return callee.k !== 'field' || !callee.f.startsWith('{');
  if (depth > MAX_DEPTH || target.also) return true;
  return keepsItself(program, target.fn, depth);
}

function keepsItself(program: Program, method: Fn, depth: number): boolean {
  if (depth === 0) return kept(method, 'keeps itself', () => givesThis(program, method, 1));
  return givesThis(program, method, depth + 1);
}

/** `this` is stored, given or captured, or the method calls one of its object that does so. */
function givesThis(program: Program, method: Fn, depth: number): boolean {
  const { nodes, damaged } = method.facts;
  if (damaged) return true;
  return nodes.some((node, index) => {
    if (node.op === 'assign') return isThis(node.from);
    if (node.op === 'return') return node.value !== undefined && isThis(node.value);
    if (node.op !== 'call') return false;
    if (node.args.some(isThis)) return true;
    const target = program.targets[method.id]?.get(index);
    const object = target && 'receiver' in target ? target.receiver : undefined;
    const on = object ?? (node.callee.k === 'field' ? node.callee.of : undefined);
    if (on?.k !== 'deref' || on.of.k !== 'this') return false;
    return !(target?.kind === 'function' && target.fn === method) && mayKeep(program, node, target, depth);
  });
}

/** The pointer itself, or one to a part of the object: what is read from it says nothing of where it is. */
function isThis(e: Expr): boolean {
  if (e.k === 'this') return true;
  if (e.k === 'cast') return isThis(e.e);
  // What a lambda needs of the object it has by the pointer.
  if (e.k === 'lambda') return true;
  if (e.k === 'init') return e.items.some((item) => isThis(item.e));
  if (e.k === 'deref') return e.of.k === 'this';
  return e.k === 'addr' && rootOf(e.of).k === 'this' && !isBehind(e.of);
}

/** A pointer of the object is followed on the way. */
function isBehind(e: Expr): boolean {
  if (e.k === 'field' || e.k === 'index') return isBehind(e.of);
  return e.k === 'deref' && e.of.k !== 'this';
}
