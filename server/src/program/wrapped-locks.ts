/**
 * Structs of C that wrap one lock, as `struct spinlock { pthread_mutex_t m; int taken; }` with a function that takes
 * `&s->m` for its caller, and one that gives it back; none does both. All locks of a program may be of that one type: such a lock is called by what holds the
 * struct, not by its member.
 */
import type { Expr, TypeRef } from '../facts/expr';
import type { FunctionFacts, UnitFacts } from '../facts/facts';
import type { Library } from '../models/library';
import type { NamedType, Types } from './program';

/** What a function does to a lock in a struct behind a pointer: takes it, gives it back, or both. */
interface Use {
  /** The function, in whose scope the type is named. */
  scope: string;
  type: TypeRef;
  field: string;
  takes: boolean;
  gives: boolean;
}

/** The structs by file and name, as `file#spinlock`. */
export function findWrappedLocks(units: readonly UnitFacts[], types: Types, library: Library): Set<string> {
  const uses = new Map<string, { struct: NamedType; field: string; takes: boolean; gives: boolean }>();
  const others = new Set<string>();
  for (const unit of units) {
    for (const { scope, type, field, takes, gives } of usesIn(unit, library)) {
      const struct = types.structOf(unit, scope, { base: type.base, ptr: 0, arr: 0 });
      if (!struct) continue;
      const key = keyOfType(struct);
      const known = uses.get(key);
      if ((takes && gives) || (known && known.field !== field)) others.add(key);
      else uses.set(key, { struct, field, takes: takes || !!known?.takes, gives: gives || !!known?.gives });
    }
  }
  const found = new Set<string>();
  for (const [key, { struct, field, takes, gives }] of uses)
    if (takes && gives && !others.has(key) && holdsNothingElse(types, struct, field)) found.add(key);
  return found;
}

export function keyOfType({ unit, facts }: NamedType): string {
  return `${unit.file}#${facts.name}`;
}

const perUnit = new WeakMap<UnitFacts, { library: Library; uses: readonly Use[] }>();

function usesIn(unit: UnitFacts, library: Library): readonly Use[] {
  const known = perUnit.get(unit);
  if (known?.library === library) return known.uses;
  const uses = unit.functions.flatMap((facts) => usesBy(facts, library));
  perUnit.set(unit, { library, uses });
  return uses;
}

function usesBy(facts: FunctionFacts, { functions }: Library): Use[] {
  const found = new Map<string, Use>();
  for (const node of facts.nodes) {
    if (node.op !== 'call' || node.callee.k !== 'name') continue;
    const lock = functions.get(node.callee.n)?.lock;
    const operand = lock && lock.op !== 'init' && /^\*(\d)$/.exec(lock.lock);
    const place = operand && memberBehindPointer(facts, node.args[Number(operand[1])]);
    if (!place) continue;
    const key = `${place.type.base}.${place.field}`;
    const use = found.get(key) ?? { scope: facts.name, ...place, takes: false, gives: false };
    if (lock.op === 'acquire' || lock.op === 'try') use.takes = true;
    else use.gives = true;
    found.set(key, use);
  }
  return [...found.values()];
}

/** `&s->m`, where `s` is a parameter or variable of the function. */
function memberBehindPointer(
  facts: FunctionFacts,
  e: Expr | undefined,
): Pick<Use, 'type' | 'field'> | undefined {
  if (e?.k === 'cast') return memberBehindPointer(facts, e.e);
  if (e?.k !== 'addr' || e.of.k !== 'field' || e.of.of.k !== 'deref') return undefined;
  const pointer = e.of.of.of;
  const type = pointer.k === 'var' ? facts.variables[pointer.v]?.type : undefined;
  return type && { type, field: e.of.f };
}

/** Numbers, names and flags beside the lock say something of the lock; anything else may be what it guards. */
function holdsNothingElse(types: Types, { unit, facts }: NamedType, lock: string): boolean {
  return (
    facts.fields.some(({ name }) => name === lock) &&
    facts.fields.every(({ name, type }) => {
      if (name === lock) return true;
      if (type.ptr > 0) return type.ptr === 1 && type.base === 'char';
      return type.arr === 0 && types.structOf(unit, facts.name, type) === undefined;
    })
  );
}
