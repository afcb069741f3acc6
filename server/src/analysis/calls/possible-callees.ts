/** What a call may reach beside what its name says: overriding methods, and functions stored in what it calls. */
import type { Expr, TypeRef } from '../../facts/expr';
import { onlyValue } from '../../program/bound-callables';
import { ownMember } from '../../program/own-member';
import type { CallNode, Fn, Program, Target } from '../../program/program';
import { callValue } from '../paths/call-value';
import { kept, readCallers, table } from './kept';
import { functionsOf } from './names';
import { findStoredFunctions, type StoredFunctions } from './stored-functions';
import { methodGiven, parameterCalled } from './template-callees';

export interface PossibleCallees {
  /**
   * The functions, in the order of the sources; none where nothing is known, or where they are so many that the
   * call says nothing.
   */
  at(fn: Fn, node: number): readonly Fn[];
  /** It may reach a function of a library that does something to the lock that it is given. */
  mayLock(fn: Fn, node: number): boolean;
}

/** A table of commands reaches everything; what is true of each of its functions is true of none together. */
const MAX_CALLEES = 8;

const NONE: readonly Fn[] = [];

export function findPossibleCallees(
  program: Program,
  callers: readonly (readonly number[])[],
): PossibleCallees {
  const stored = findStoredFunctions(program, callers);
  const inGlobals = storedInGlobals(program, callers);
  const entries = new Map<string, readonly Fn[]>();
  const few = (all: readonly Fn[]): readonly Fn[] => {
    const found = [...new Set(all)];
    return found.length > MAX_CALLEES ? NONE : found;
  };
  // A loop over a container calls its elements by a reference.
  const heldBy = (fn: Fn, e: Expr): readonly Fn[] =>
    e.k === 'var' && fn.facts.variables[e.v]?.type.ref
      ? stored.of(fn, e)
      : functionsOf(program, callers, fn, e);
  const librarys = new Map<string, true>();
  for (const fn of program.fns) {
    for (const [node, key] of kept(fn, 'possible callees', () => keysIn(program, fn, stored))) {
      const call = fn.facts.nodes[node];
      if (entries.has(key) || call?.op !== 'call') continue;
      const param = parameterCalled(fn, call.callee);
      if (param !== undefined) {
        const isAny = program.targets[fn.id]?.get(node)?.kind === 'model';
        entries.set(key, few(methodGiven(program, callers, fn, call, param, isAny)));
        continue;
      }
      if (mayBeLibrarys(program, callers, fn, pointerOf(call.callee))) {
        librarys.set(key, true);
        entries.set(key, NONE);
        continue;
      }
      const field = heldIn(program, fn, call.callee);
      const all = field
        ? stored.in(field.f, stored.ownerOf(fn, field)).map((one) => one.target)
        : (inGlobals.get(key) ?? heldBy(fn, pointerOf(call.callee)));
      entries.set(key, few(all));
    }
  }
  const isSame = (a: readonly Fn[], b: readonly Fn[]): boolean =>
    a.length === b.length && a.every((fn, i) => fn === b[i]);
  const byKey = table(program, 'possible callees', entries, isSame);
  const byLibrarysKey = table(program, 'possible locking', librarys);
  return {
    mayLock(fn, node) {
      const key = kept(fn, 'possible callees', () => keysIn(program, fn, stored)).get(node);
      return key !== undefined && byLibrarysKey(key) === true;
    },
    at(fn, node) {
      const target = program.targets[fn.id]?.get(node);
      const call = fn.facts.nodes[node];
      if (!target || call?.op !== 'call' || isOfLibrary(fn, target, call)) return NONE;
      const also = target.kind !== 'model' && target.also ? few(target.also) : NONE;
      if (target.kind === 'function') return also;
      const key = kept(fn, 'possible callees', () => keysIn(program, fn, stored)).get(node);
      const known = key === undefined ? NONE : (byKey(key) ?? NONE);
      return also.length > 0 ? few([...also, ...known]) : known;
    },
  };
}

/**
 * Some caller gives a function of a library that does something to locks, `run(pthread_mutex_lock, &m)`: what the
 * call does is then not what those functions do that can be seen.
 */
function mayBeLibrarys(
  program: Program,
  callers: readonly (readonly number[])[],
  fn: Fn,
  e: Expr,
  hands = 0,
): boolean {
  if (e.k !== 'var' || e.v >= fn.facts.params || hands > MAX_HANDS) return false;
  readCallers(fn);
  return (callers[fn.id] ?? []).some((id) =>
    [...(program.targets[id] ?? [])].some(([node, target]) => {
      const caller = program.fns[id];
      const call = caller?.facts.nodes[node];
      if (target.kind !== 'function' || target.fn !== fn || call?.op !== 'call') return false;
      const given = call.args[e.v];
      const plain = given && pointerOf(given.k === 'addr' ? given.of : given);
      if (plain?.k === 'name') return program.models.functions.get(plain.n)?.lock !== undefined;
      return plain !== undefined && mayBeLibrarys(program, callers, caller ?? fn, plain, hands + 1);
    }),
  );
}

/** Callers of callers, as in `functionsOf`. */
const MAX_HANDS = 3;

/** Functions by the global variables that hold them: by initialiser, in a table, or assigned by any function. */
function storedInGlobals(program: Program, callers: readonly (readonly number[])[]): Map<string, Fn[]> {
  const found = new Map<string, Fn[]>();
  const add = (key: string | undefined, fns: readonly Fn[]): void => {
    if (key !== undefined && fns.length > 0) found.set(key, [...(found.get(key) ?? []), ...fns]);
  };
  for (const unit of program.units) {
    for (const { name, init } of unit.globals) {
      const named =
        init?.k === 'init' ? init.items.map(({ e }) => pointerOf(e)) : init ? [pointerOf(init)] : [];
      const fns = named.flatMap((e) => {
        const target = e.k === 'addr' ? pointerOf(e.of) : e;
        return target.k === 'name' ? (program.functionNamed(unit, target.n) ?? []) : [];
      });
      add(`${unit.file}#${name}`, fns);
    }
  }
  for (const fn of program.fns)
    for (const { key, from } of kept(fn, 'stores in globals', () => storesIn(program, fn)))
      add(key, functionsOf(program, callers, fn, from));
  return found;
}

/** What a function assigns to global variables that may be a function. */
function storesIn(program: Program, fn: Fn): readonly { key: string; from: Expr }[] {
  return fn.facts.nodes.flatMap((node) => {
    if (node.op !== 'assign' || node.to.k !== 'name') return [];
    const from = pointerOf(node.from);
    const isGiven = from.k === 'var' && from.v < fn.facts.params;
    const key =
      isGiven || from.k === 'name' || from.k === 'addr' || from.k === 'lambda'
        ? globalKey(program, fn, node.to)
        : undefined;
    return key === undefined ? [] : [{ key, from }];
  });
}

function globalKey(program: Program, fn: Fn, e: Expr): string | undefined {
  const global = e.k === 'name' ? program.globalNamed(fn, e.n) : undefined;
  return global && `${global.unit.file}#${global.facts.name}`;
}

/** The keys of a function's calls through pointers, by node. */
function keysIn(program: Program, fn: Fn, stored: StoredFunctions): ReadonlyMap<number, string> {
  const keys = new Map<number, string>();
  for (const [node, target] of program.targets[fn.id] ?? []) {
    const call = fn.facts.nodes[node];
    if (target.kind === 'function' || call?.op !== 'call' || isOfLibrary(fn, target, call)) continue;
    const key = keyOfCallee(program, fn, call, (e) => stored.ownerOf(fn, e));
    if (key !== undefined) keys.set(node, key);
  }
  return keys;
}

/** A library's function, whatever the callers give: what is said of a template's parameter is said of all classes. */
function isOfLibrary(fn: Fn, { kind }: Target, { callee }: CallNode): boolean {
  return kind === 'model' && parameterCalled(fn, callee) === undefined;
}

/**
 * Calls with the same key reach the same functions: through a field of a type, a variable of a function, or a
 * global.
 */
function keyOfCallee(
  program: Program,
  fn: Fn,
  { callee }: CallNode,
  ownerOf: (e: Expr) => string | undefined,
): string | undefined {
  const param = parameterCalled(fn, callee);
  if (param !== undefined && callee.k === 'field')
    return `${fn.unit.file}#${fn.facts.name}#${param}.${callee.f}`;
  const field = heldIn(program, fn, callee);
  if (field) return `.${field.f} of ${ownerOf(field) ?? ''}`;
  // `std::forward<F>(f)()` calls what `f` is.
  const value = callee.k === 'result' ? callValue(program, fn, callee.n) : undefined;
  const pointer = pointerOf(value ?? callee);
  if (pointer.k === 'var') return `${fn.unit.file}#${fn.facts.name}#${pointer.v}`;
  return globalKey(program, fn, pointer.k === 'index' ? pointer.of : pointer);
}

/** The member that holds what is called. */
function heldIn(program: Program, fn: Fn, callee: Expr): (Expr & { k: 'field' }) | undefined {
  return containerOf(program, fn, callee) ?? fieldOf(program, fn, callee);
}

/**
 * The member that holds what is called as a part of its elements: `auto it = ops_.find(name); it->second();`. What the
 * elements are is the library's own.
 */
function containerOf(program: Program, fn: Fn, callee: Expr): (Expr & { k: 'field' }) | undefined {
  const part = pointerOf(callee);
  const element = part.k === 'field' && fn.unit.language === 'cpp' ? pointerOf(part.of) : undefined;
  const value = element?.k === 'var' ? onlyValue(fn.facts, element.v) : undefined;
  if (!element || !value || program.types.structOf(fn.unit, fn.facts.name, typeOf(program, fn, element)))
    return undefined;
  if (value.k === 'addr' && value.of.k === 'index') return fieldOf(program, fn, value.of.of);
  const call = value.k === 'result' ? fn.facts.nodes[value.n] : undefined;
  if (call?.op !== 'call' || call.callee.k !== 'field') return undefined;
  const container = call.callee.of;
  const isLibrarys = !program.types.structOf(fn.unit, fn.facts.name, typeOf(program, fn, container));
  return isLibrarys ? fieldOf(program, fn, container) : undefined;
}

function typeOf(program: Program, fn: Fn, e: Expr): TypeRef {
  const type = program.types.typeOf(program, fn, e);
  return { ...type, ptr: 0, ref: false };
}

function pointerOf(e: Expr): Expr {
  return e.k === 'deref' ? pointerOf(e.of) : e.k === 'cast' ? pointerOf(e.e) : e;
}

function fieldOf(program: Program, fn: Fn, e: Expr): (Expr & { k: 'field' }) | undefined {
  const plain = pointerOf(e);
  if (plain.k === 'index') return fieldOf(program, fn, plain.of);
  if (plain.k === 'name') return ownMember(program, fn, plain);
  return plain.k === 'field' && !plain.f.startsWith('{') ? plain : undefined;
}
