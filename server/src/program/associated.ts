/**
 * Functions that a call finds by the classes of its arguments (C++ [basic.lookup.argdep]): friends that a class
 * defines, which no other lookup finds, and operators that stand beside a class.
 */
import type { Expr, TypeRef } from '../facts/expr';
import type { FunctionFacts } from '../facts/facts';
import { bestOverload, isOtherKind, typeOfArgument } from './overloads';
import { type CallNode, type Fn, lastPart, type Program } from './program';

/** By the function's last name, then by the last names of the classes that it is found by. */
export type AssociatedFunctions = Map<string, Map<string, Fn[]>>;

/** The last names of the classes that a function is found by, as far as it is found so. */
export function associatedClasses({ befriendedBy, kind, name, params, variables }: FunctionFacts): string[] {
  if (befriendedBy !== undefined) return [lastPart(befriendedBy)];
  if (kind !== 'function' || !lastPart(name).startsWith('operator')) return [];
  return variables.slice(0, params).map(({ type }) => lastPart(type.base));
}

/** What tells such functions apart. */
export interface AssociatedNames {
  associated: { get(name: string): ReadonlyMap<string, readonly Fn[]> | undefined };
  takes(fn: Fn, args: number): boolean;
}

/** The function of that name which these arguments find. */
export function associatedFunction(
  names: AssociatedNames,
  program: Program,
  fn: Fn,
  name: string,
  node: CallNode,
): Fn | undefined {
  const byClass = names.associated.get(name);
  if (!byClass || fn.unit.language !== 'cpp') return undefined;
  const given = node.args.map((arg) => givenClass(program, fn, arg));
  const lasts = new Set(given.flatMap((one) => one?.chain.map(lastPart) ?? []));
  const all = new Set([...lasts].flatMap((last) => byClass.get(last) ?? []));
  const fitting = [...all].filter(
    (one) => names.takes(one, node.args.length) && isFoundBy(program, one, given),
  );
  const unit =
    fitting.find((one) => one.unit === fn.unit)?.unit ??
    fitting.find((one) => given.some((type) => type?.unit === one.unit))?.unit ??
    fitting[0]?.unit;
  const near = fitting.filter((one) => one.unit === unit);
  const [first] = near;
  const isElsewhere = unit !== fn.unit && !given.some((type) => type?.unit === unit);
  // Several files that nothing leads to are several programs.
  if (!first || (isElsewhere && near.length < fitting.length)) return undefined;
  return bestOverload(program, fn, node, first, near);
}

/** What is known of an argument: its class with the bases, and the file that defines it. */
interface Given {
  type: TypeRef;
  chain: readonly string[];
  unit: Fn['unit'] | undefined;
}

function givenClass(program: Program, fn: Fn, arg: Expr): Given | undefined {
  const type = typeOfArgument(program, fn, arg);
  if (!type?.base) return undefined;
  const scope = fn.facts.name;
  const struct = program.types.structOf(fn.unit, scope, type);
  return { type, chain: program.types.classChain(fn.unit, scope, type.base), unit: struct?.unit };
}

function isFoundBy(program: Program, one: Fn, given: readonly (Given | undefined)[]): boolean {
  const { befriendedBy, name, params, variables, templates = [] } = one.facts;
  const asked = variables.slice(0, params).map(({ type }) => type);
  if (
    asked.some((type, i) => {
      const type_ = given[i]?.type;
      return type_ && !templates.includes(type.base) && isOtherKind(type_, type);
    })
  )
    return false;
  if (befriendedBy !== undefined) return given.some((type) => type?.chain.includes(befriendedBy));
  if (program.types.classAround(one)) return false;
  return asked.some((type, i) => {
    const { base } = program.types.canonical(one.unit, name, type);
    return base !== '' && given[i]?.unit !== undefined && given[i].chain.includes(base);
  });
}
