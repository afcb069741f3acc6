/** Which of several functions of one name a call means: by how many arguments it takes, and by what they are. */
import type { Expr, TypeRef } from '../facts/expr';
import type { FunctionFacts, PrototypeFacts, UnitFacts } from '../facts/facts';
import { type CallNode, type Fn, lastPart, type Program } from './program';
import type { Visibility } from './visibility';

/** How many of its last parameters a function has values for, so that a call may leave them out. */
export type Defaults = (facts: FunctionFacts) => number;

/** In C++ they mostly stand where a function is declared. */
export function makeDefaults(units: readonly UnitFacts[]): Defaults {
  const declared = new Map<string, PrototypeFacts[]>();
  for (const unit of units)
    for (const prototype of unit.prototypes) {
      if (prototype.defaults === undefined) continue;
      const list = declared.get(prototype.name);
      if (list) list.push(prototype);
      else declared.set(prototype.name, [prototype]);
    }
  return (facts) => {
    const own = facts.defaults ?? 0;
    const same = (declared.get(facts.name) ?? []).filter((prototype) => takesTheSame(facts, prototype));
    return Math.max(own, ...same.map(({ defaults = 0 }) => defaults));
  };
}

function takesTheSame({ params, variables }: FunctionFacts, prototype: PrototypeFacts): boolean {
  if (prototype.params.length !== params) return false;
  return prototype.params.every(({ base, ptr }, i) => {
    const own = variables[i]?.type;
    return !own || (own.ptr === ptr && lastPart(own.base) === lastPart(base));
  });
}

/**
 * The function a call with that many arguments means. Of those in the nearest file the one that takes as many;
 * without one, the nearest elsewhere that does, and at last one that has values for the rest.
 */
export function overload<T extends { unit: UnitFacts; raw: FunctionFacts }>(
  { visibility, defaults }: { visibility: Visibility; defaults: Defaults },
  from: UnitFacts,
  candidates: readonly T[],
  args: number | undefined,
): T | undefined {
  if (candidates.length <= 1) return candidates[0];
  const near = visibility.nearest(from, oneOfEachFile(candidates))?.unit;
  const own = near ? candidates.filter((fn) => fn.unit === near) : [];
  if (args === undefined) return own[0];
  const takes = (fn: T): boolean => fn.raw.params === args;
  const completes = ({ raw }: T): boolean => raw.params > args && raw.params - defaults(raw) <= args;
  const exact = own.find(takes) ?? visibility.nearest(from, oneOfEachFile(candidates.filter(takes)));
  return exact ?? own.find(completes) ?? own.find(({ raw }) => raw.params > args || raw.variadic) ?? own[0];
}

function oneOfEachFile<T extends { unit: UnitFacts }>(candidates: readonly T[]): T[] {
  const files = new Map<UnitFacts, T>();
  for (const fn of candidates) if (!files.has(fn.unit)) files.set(fn.unit, fn);
  return [...files.values()];
}

/** Whether a function can be called with that many arguments. */
export function takes({ params, variadic }: FunctionFacts, defaults: number, args: number): boolean {
  return params === args || (params > args ? params - defaults <= args : variadic === true);
}

/**
 * The best of the candidates by what their parameters are; `known` where no argument speaks for another. Arguments
 * that cannot be meant count most, then those that are just what is asked for.
 */
export function bestOverload(
  program: Program,
  caller: Fn,
  { args }: CallNode,
  known: Fn,
  candidates: readonly Fn[],
): Fn {
  const given = args.map((arg) => typeOfArgument(program, caller, arg));
  const match = ({ facts }: Fn): number => {
    let sum = 0;
    given.forEach((type, i) => {
      const asked = facts.variables[i]?.type;
      if (!type || !asked || i >= facts.params || asked.base === '') return;
      if (isOtherKind(type, asked)) sum -= WRONG;
      else if (type.base !== POINTER && lastPart(type.base) === lastPart(asked.base)) sum++;
    });
    return sum;
  };
  let best = known;
  let most = match(known);
  for (const fn of candidates) {
    const sum = fn === known ? most : match(fn);
    if (sum <= most) continue;
    best = fn;
    most = sum;
  }
  return best;
}

const BUILTIN =
  /^(?:(?:un)?signed|bool|char|short|int|long|float|double|size_t|(?:std::)?u?int\d*_t|(?:std::)?u?intptr_t| )+$/;
/** More than any call has arguments. */
const WRONG = 1000;
/** The base of something that is known to be a pointer, to whatever. */
const POINTER = '{pointer}';

const isPointer = ({ ptr, arr }: TypeRef): boolean => ptr + arr > 0;

/** One is a pointer, the other is none; an object may be made of a pointer, as a string is of a literal. */
export function isOtherKind(given: TypeRef, asked: TypeRef): boolean {
  return isPointer(given) !== isPointer(asked) && (isPointer(asked) || BUILTIN.test(asked.base));
}

/** Undefined where it does not show: a zero may be a null pointer, and an object may become one. */
export function typeOfArgument(program: Program, fn: Fn, e: Expr): TypeRef | undefined {
  if (e.k === 'str') return { base: 'char', ptr: 1, arr: 0 };
  if (e.k === 'num') return e.v === 0 ? undefined : { base: 'int', ptr: 0, arr: 0 };
  if (e.k === 'unknown' || e.k === 'init' || e.k === 'lambda') return undefined;
  const type = program.types.typeOf(program, fn, e);
  const isKnown = type.base !== '' && type.base !== 'auto';
  if (e.k === 'addr' || e.k === 'this') return isKnown ? type : { base: POINTER, ptr: 1, arr: 0 };
  return isKnown ? type : undefined;
}
