/** Where the values of a function's variables come from: what two objects or indices are told apart by. */
import type { Expr } from '../../facts/expr';
import { ownMember } from '../../program/own-member';
import type { Fn, Program } from '../../program/program';
import { assignedIn } from '../calls/names';
import { keyOf, withoutCasts } from '../paths/access-path';

export interface Origins {
  fn: Fn;
  /** What is assigned to a local variable, copies followed; empty for what the function is given. */
  sourcesOf(v: number): readonly Expr[];
  /** The arguments of the call that gives a result, and the object that it is called on. */
  givenTo(result: number): readonly Expr[];
  /** Keys of the paths and variables that an expression is written with. */
  tokensOf(e: Expr): ReadonlySet<string>;
  /** The same, with all that they were made from in this function. */
  closureOf(e: Expr): ReadonlySet<string>;
}

/** Copies of copies; a longer way is a computation of its own. */
const MAX_COPIES = 4;

/** Looks at what the function assigns; only functions with nested locks are asked about. */
export function originsOf(program: Program, fn: Fn): Origins {
  const { nodes, params } = fn.facts;
  const assigned = assignedIn(fn);
  const closures = new Map<string, ReadonlySet<string>>();
  const givenTo = (result: number): readonly Expr[] => {
    const call = nodes[result];
    if (call?.op !== 'call') return [];
    const target = program.targets[fn.id]?.get(result);
    const receiver = target?.receiver ?? (call.callee.k === 'field' ? call.callee.of : undefined);
    return receiver ? [...call.args, receiver] : call.args;
  };
  const isConstant = (part: Expr): boolean =>
    part.k === 'name' && program.constantNamed(fn.unit, part.n) !== undefined;
  const walk = (e: Expr, visit: (part: Expr) => void): void =>
    walkPaths(e, (part) => {
      const member = ownMember(program, fn, part);
      if (member) walkPaths(member, visit);
      else if (!isConstant(part)) visit(part);
    });
  const tokensOf = (e: Expr): ReadonlySet<string> => {
    const found = new Set<string>();
    walk(e, (part) => found.add(keyOf(part)));
    return found;
  };
  const madeFrom = (part: Expr): readonly Expr[] => {
    if (part.k === 'var') return assigned.get(part.v) ?? [];
    return part.k === 'result' ? givenTo(part.n) : [];
  };
  const closureOf = (e: Expr): ReadonlySet<string> => {
    const key = keyOf(e);
    const known = closures.get(key);
    if (known) return known;
    const found = new Set<string>();
    const queue: Expr[] = [e];
    for (let one = queue.pop(); one; one = queue.pop())
      walk(one, (part) => {
        const token = keyOf(part);
        if (found.has(token)) return;
        found.add(token);
        queue.push(...madeFrom(part));
      });
    closures.set(key, found);
    return found;
  };
  const sourcesOf = (v: number, copies = MAX_COPIES): readonly Expr[] => {
    if (v < params) return [];
    return (assigned.get(v) ?? []).flatMap((from) => {
      const plain = withoutCasts(from);
      const isCopy = plain.k === 'var' && plain.v !== v && plain.v >= params && copies > 0;
      const inner = isCopy ? sourcesOf(plain.v, copies - 1) : [];
      return inner.length > 0 ? inner : [plain];
    });
  };
  return { fn, sourcesOf, givenTo, tokensOf, closureOf };
}

/** What a variable is, where only one thing is ever assigned to it. */
export function originOf(origins: Origins, e: Expr): Expr {
  const plain = withoutCasts(e);
  if (plain.k !== 'var') return plain;
  const [only, ...more] = origins.sourcesOf(plain.v);
  return only && more.length === 0 ? only : plain;
}

/** Each part of an expression that names a value: variables, names, results, members, `this`. */
function walkPaths(e: Expr, visit: (part: Expr) => void): void {
  switch (e.k) {
    case 'var':
    case 'name':
    case 'result':
    case 'this':
      visit(e);
      return;
    case 'field':
      visit(e);
      walkPaths(e.of, visit);
      return;
    case 'bin':
      walkPaths(e.l, visit);
      walkPaths(e.r, visit);
      return;
    case 'un':
    case 'cast':
      walkPaths(e.e, visit);
      return;
    case 'index':
      walkPaths(e.of, visit);
      walkPaths(e.i, visit);
      return;
    case 'deref':
    case 'addr':
      walkPaths(e.of, visit);
      return;
    default:
  }
}
