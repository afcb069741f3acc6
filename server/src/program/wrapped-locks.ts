/**
 * Types that wrap one lock, as `struct spinlock { pthread_mutex_t m; int taken; }` with a function or method that
 * takes `&s->m` for its caller, and one that gives it back; none does both. Likewise a struct that holds a lock alone.
 * All locks of a program may be of that one type: such a lock is called by what holds the object, not by its member.
 */
import type { Expr, TypeRef } from '../facts/expr';
import type { FunctionFacts, TypeFacts, UnitFacts } from '../facts/facts';
import type { Library } from '../models/library';
import type { NamedType, Types } from './program';

/** What a function does to a lock in a struct behind a pointer: takes it, gives it back, or both. */
interface Use {
  /** The function, in whose scope the type is named. */
  scope: string;
  type: TypeRef;
  field: string;
  /** The lock's methods that it calls; what they do hangs on the member's type. */
  methods: string[];
  takes: boolean;
  gives: boolean;
}

/** The structs by file and name, as `file#spinlock`. */
export function findWrappedLocks(units: readonly UnitFacts[], types: Types, library: Library): Set<string> {
  const uses = new Map<string, { struct: NamedType; field: string; takes: boolean; gives: boolean }>();
  const others = new Set<string>();
  for (const unit of units) {
    for (const use of usesIn(unit, library)) {
      const { scope, type, field } = use;
      const struct = types.structOf(unit, scope, { base: type.base, ptr: 0, arr: 0 });
      if (!struct) continue;
      const { takes, gives } = withMethods(use, struct, types, library);
      if (!takes && !gives) continue;
      const key = keyOfType(struct);
      const known = uses.get(key);
      if ((takes && gives) || (known && known.field !== field)) others.add(key);
      else uses.set(key, { struct, field, takes: takes || !!known?.takes, gives: gives || !!known?.gives });
    }
  }
  const found = new Set<string>();
  for (const [key, { struct, field, takes, gives }] of uses)
    if (takes && gives && !others.has(key) && holdsNothingElse(types, struct, field)) found.add(key);
  for (const unit of units)
    for (const facts of membersAlone(unit))
      if (isLockAlone(types, { unit, facts }, library)) found.add(keyOfType({ unit, facts }));
  return found;
}

/** A struct of a lock and nothing else guards nothing of its own. */
function isLockAlone(types: Types, { unit, facts }: NamedType, { lockTypes }: Library): boolean {
  const base = facts.fields[0]?.type.base ?? '';
  return types.classChain(unit, facts.name, base).some((name) => lockTypes.has(name));
}

const alone = new WeakMap<UnitFacts, readonly TypeFacts[]>();

/** C's structs with a single member that is an object, of each file once. */
function membersAlone(unit: UnitFacts): readonly TypeFacts[] {
  const known = alone.get(unit);
  if (known) return known;
  const found = unit.types.filter(({ kind, fields }) => {
    const [field, ...others] = fields;
    return kind === 'struct' && others.length === 0 && field?.type.ptr === 0 && field.type.arr === 0;
  });
  const own = unit.language === 'c' ? found : [];
  alone.set(unit, own);
  return own;
}

function withMethods(
  { field, methods, takes, gives }: Use,
  struct: NamedType,
  types: Types,
  { functions }: Library,
): Pick<Use, 'takes' | 'gives'> {
  const member = methods.length > 0 ? types.fieldOf(struct, field) : undefined;
  if (!member || member.type.ptr > 0) return { takes, gives };
  const { owner, type } = member;
  const [base = ''] = types.classChain(owner.unit, owner.facts.name, type.base);
  const ops = methods.map((method) => functions.get(`${base}::${method}`)?.lock?.op);
  return {
    takes: takes || ops.some((op) => op === 'acquire' || op === 'try'),
    gives: gives || ops.includes('release'),
  };
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

function usesBy(facts: FunctionFacts, { functions, methods }: Library): Use[] {
  const found = new Map<string, Use>();
  const useOf = (place: Pick<Use, 'type' | 'field'>): Use => {
    const key = `${place.type.base}.${place.field}`;
    const use = found.get(key) ?? {
      scope: facts.name,
      ...place,
      methods: [],
      takes: false,
      gives: false,
    };
    found.set(key, use);
    return use;
  };
  for (const node of facts.nodes) {
    if (node.op !== 'call') continue;
    const { callee } = node;
    if (callee.k === 'field') {
      const place = methods.has(callee.f) ? memberOf(facts, callee.of) : undefined;
      if (place) useOf(place).methods.push(callee.f);
    }
    if (callee.k !== 'name') continue;
    const lock = functions.get(callee.n)?.lock;
    const operand = lock && lock.op !== 'init' && /^\*(\d)$/.exec(lock.lock);
    const place = operand && memberBehindPointer(facts, node.args[Number(operand[1])]);
    if (!place) continue;
    const use = useOf(place);
    if (lock.op === 'acquire' || lock.op === 'try') use.takes = true;
    else use.gives = true;
  }
  return [...found.values()];
}

/** `&s->m`, where `s` is a parameter or variable of the function, and `&m_` of the object in a method. */
function memberBehindPointer(
  facts: FunctionFacts,
  e: Expr | undefined,
): Pick<Use, 'type' | 'field'> | undefined {
  if (e?.k === 'cast') return memberBehindPointer(facts, e.e);
  return e?.k === 'addr' ? memberOf(facts, e.of) : undefined;
}

function memberOf(facts: FunctionFacts, e: Expr): Pick<Use, 'type' | 'field'> | undefined {
  const around = facts.kind === 'lambda' ? -1 : facts.name.lastIndexOf('::');
  const own: TypeRef | undefined =
    around < 0 ? undefined : { base: facts.name.slice(0, around), ptr: 0, arr: 0 };
  if (e.k === 'name') return own && !e.n.includes('::') ? { type: own, field: e.n } : undefined;
  if (e.k !== 'field' || e.of.k !== 'deref') return undefined;
  const pointer = e.of.of;
  const type =
    pointer.k === 'this' ? own : pointer.k === 'var' ? facts.variables[pointer.v]?.type : undefined;
  return type && { type, field: e.f };
}

/**
 * Numbers, names, flags and pointers to what is not seen say something of the lock; anything else may be what it
 * guards.
 */
function holdsNothingElse(types: Types, { unit, facts }: NamedType, lock: string): boolean {
  return (
    facts.fields.some(({ name }) => name === lock) &&
    facts.fields.every(({ name, type }) => {
      if (name === lock) return true;
      const isOpaque = types.structOf(unit, facts.name, { ...type, ptr: 0, arr: 0 }) === undefined;
      if (type.ptr > 0) return type.ptr === 1 && isOpaque && !NUMBER.test(type.base);
      return type.arr === 0 && isOpaque && (type.args === undefined || type.base === 'std::atomic');
    })
  );
}

/** What an array of these holds is data. */
const NUMBER = /^(?:(?:un)?signed|short|int|long|float|double|size_t|u?int\d*_t| )+$/;
