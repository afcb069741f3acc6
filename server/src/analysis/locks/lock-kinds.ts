/** Which locks their holder may take again: by how they are initialised, by type, by the call that takes them. */
import type { Expr, TypeRef } from '../../facts/expr';
import type { LockKind, LockModel } from '../../models/schema';
import { classOf, memberKey, type PlaceClass } from '../../program/identity';
import type { Fn, Program } from '../../program/program';
import type { CallGraph } from '../calls/call-graph';
import { kept, table } from '../calls/kept';
import { modelledCalls } from '../calls/modelled';
import { isNull, isPath, keyOf, rootOf, substitute, withoutCasts } from '../paths/access-path';
import { operandOf } from '../paths/operand';
import { inResultOf, knownToCallers } from './created-locks';
import { kindsOfArguments } from './lock-arguments';
import { initialKinds, kindNamed as kindNamedBy } from './lock-initialisers';

export interface LockKinds {
  /** The kind of the lock that `place` names in `fn`; `unknown` where it hangs on what is not seen. */
  kindOf(fn: Fn, place: Expr, model: LockModel): LockKind | 'unknown';
  /** The kind by the lock's class alone, where something gives it one. */
  kindOfClass(cls: PlaceClass): LockKind | 'unknown' | undefined;
  /** The kind that the lock's type alone gives it. */
  kindOfType(fn: Fn, place: Expr): LockKind | undefined;
}

type Kind = LockKind | 'unknown';

/** Callees come before callers, so that what a wrapper initialises is known where it is called. */
export function findLockKinds(program: Program, graph: CallGraph): LockKinds {
  const known = new Map<string, Kind>();
  const note = (name: string, kind: Kind): void => {
    const before = known.get(name);
    known.set(name, before === undefined || before === kind ? kind : 'unknown');
  };
  const wrappers = new Map<number, Map<string, { place: Expr; kind: Kind }>>();
  const noteAt = (fn: Fn, { place, name, kind }: NamedKind): void => {
    note(name, kind);
    const own = wrappers.get(fn.id) ?? new Map<string, { place: Expr; kind: Kind }>();
    const root = rootOf(place);
    const isGiven = root.k === 'var' && root.v < fn.facts.params;
    for (const one of isGiven ? [place] : knownToCallers(fn, place))
      wrappers.set(fn.id, own.set(keyOf(one), { place: one, kind }));
  };
  const shared = sharedAttributes(program);
  const settled = (one: InitialisedLock): NamedKind => {
    const values = one.attribute && shared.get(one.attribute);
    return values ? { ...one, kind: kindNamed(one.lock, values) } : one;
  };
  for (const id of graph.components.flat()) {
    const fn = program.fns[id];
    if (!fn) continue;
    for (const one of kept(fn, 'locks initialised', () => initialisedIn(program, fn)))
      noteAt(fn, settled(one));
    if (!graph.callees[id]?.some((callee) => wrappers.has(callee))) continue;
    for (const [node, target] of program.targets[id] ?? []) {
      const call = fn.facts.nodes[node];
      if (call?.op !== 'call' || target.kind !== 'function') continue;
      for (const { place, kind } of wrappers.get(target.fn.id)?.values() ?? []) {
        const own =
          inResultOf(fn, node, place) ??
          substitute(place, target.fn.facts.params, call.args, target.receiver);
        if (own) noteAt(fn, { place: own, name: nameOf(program, fn, own), kind });
      }
    }
  }
  noteInitialisers(program, note);
  const kindAt = (fn: Fn, place: Expr): Kind | undefined => {
    const family = classOf(program, fn, place)?.family;
    return known.get(nameOf(program, fn, place)) ?? (family === undefined ? undefined : known.get(family));
  };
  if ([...known.values()].some((kind) => kind !== 'normal'))
    kindsOfArguments(program, graph, kindAt, (fn, place, kind) => note(nameOf(program, fn, place), kind));
  const tabled = table(program, 'lock kinds', known);
  // What wraps a lock says nothing of which lock it is, but all that its objects hold are of one kind.
  const memberKind = (fn: Fn, place: Expr): Kind | undefined => {
    const member = memberKey(program, fn, place);
    return member === undefined ? undefined : tabled(member);
  };
  return {
    kindOfClass: ({ key, family }) => tabled(key) ?? (family === undefined ? undefined : tabled(family)),
    kindOfType: (fn, place) => typeKind(program, fn, place),
    kindOf(fn, place, model) {
      if (model.recursive) return 'recursive';
      const name = nameOf(program, fn, place);
      const family = classOf(program, fn, place)?.family;
      const kind = tabled(name) ?? (family === undefined ? undefined : tabled(family));
      return (
        kind ??
        memberKind(fn, place) ??
        typeKind(program, fn, place) ??
        (model.generic ? 'unknown' : 'normal')
      );
    },
  };
}

/** A lock that a function gives a kind to, and what the lock is called. */
interface NamedKind {
  place: Expr;
  name: string;
  kind: Kind;
}

/** Where an attribute object that stands outside of functions says the kind, that is what it is called. */
interface InitialisedLock extends NamedKind {
  lock: LockModel;
  attribute?: string;
}

/** What attribute objects that stand outside of functions are given anywhere, by their names and properties. */
function sharedAttributes(program: Program): ReadonlyMap<string, Expr[]> {
  const found = new Map<string, Expr[]>();
  for (const { fn, call, target } of modelledCalls(program)) {
    for (const { to, value } of target.model.stores ?? []) {
      const name = attributeName(program, fn, operandOf(to, call.args, target.receiver));
      if (name === undefined) continue;
      found.set(name, [...(found.get(name) ?? []), storedBy(value, call.args)]);
    }
  }
  return found;
}

function attributeName(program: Program, fn: Fn, property: Expr | undefined): string | undefined {
  if (property?.k !== 'field' || !property.f.startsWith('#') || rootOf(property).k !== 'name')
    return undefined;
  const of = classOf(program, fn, property.of)?.key;
  return of === undefined ? undefined : `${of}${property.f}`;
}

function storedBy(value: string, args: readonly Expr[]): Expr {
  return (/^\*?\d/.test(value) ? operandOf(value, args) : undefined) ?? { k: 'name', n: value };
}

/** The locks that the function's own calls of a library initialise. */
function initialisedIn(program: Program, fn: Fn): readonly InitialisedLock[] {
  const found: InitialisedLock[] = [];
  for (const [node, target] of program.targets[fn.id] ?? []) {
    const call = fn.facts.nodes[node];
    const lock = target.kind === 'model' ? target.model.lock : undefined;
    if (lock?.op !== 'init' || target.kind !== 'model' || call?.op !== 'call') continue;
    const place = operandOf(lock.lock, call.args, target.receiver);
    if (!place) continue;
    const kind = initialKind(program, fn, lock, call.args);
    const says = kind === 'unknown' && lock.kind ? operandOf(lock.kind, call.args) : undefined;
    const attribute = attributeName(program, fn, says);
    const name = nameOf(program, fn, place);
    found.push({ place, name, kind, lock, ...(attribute === undefined ? {} : { attribute }) });
  }
  return found;
}

/** Locks that begin with an initialiser: globals, variables of functions, and members and elements of either. */
function noteInitialisers(program: Program, note: (name: string, kind: Kind) => void): void {
  for (const unit of program.units) {
    for (const { name, type, init } of unit.globals) {
      for (const { path, kind, family } of init ? initialKinds(program, unit, '', type, init) : []) {
        const steps = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`));
        note(`${unit.file}#${name}${steps.join('')}`, kind);
        if (family && kind !== 'normal') note(family, kind);
      }
    }
    for (const { name: owner, fields } of unit.types) {
      for (const { name, init } of fields) {
        const kind = init && kindNamedBy(program, unit, init);
        if (kind) note(`${unit.file}#${owner}.${name}`, kind);
      }
    }
  }
  for (const fn of program.fns)
    for (const { name, kind } of kept(fn, 'locks with initialisers', () => initialisersIn(program, fn)))
      note(name, kind);
}

function initialisersIn(program: Program, fn: Fn): readonly { name: string; kind: Kind }[] {
  const found: { name: string; kind: Kind }[] = [];
  const noteAll = (to: Expr, type: TypeRef, init: Expr): void => {
    for (const { path, kind } of initialKinds(program, fn.unit, fn.facts.name, type, init))
      found.push({ name: nameOf(program, fn, path.reduce(inside, to)), kind });
  };
  fn.facts.variables.forEach(({ type, init }, v) => {
    if (init) noteAll({ k: 'var', v }, type, init);
  });
  for (const node of fn.facts.nodes) {
    if (node.op !== 'assign' || !isInitialiser(program, fn, node.from)) continue;
    noteAll(node.to, program.types.typeOf(program, fn, node.to), node.from);
  }
  return found;
}

function isInitialiser(program: Program, fn: Fn, e: Expr): boolean {
  if (e.k === 'cast') return isInitialiser(program, fn, e.e);
  return e.k === 'init' || (e.k === 'name' && kindNamedBy(program, fn.unit, e.n) !== undefined);
}

function inside(of: Expr, step: string | number): Expr {
  return typeof step === 'number'
    ? { k: 'index', of, i: { k: 'num', v: step } }
    : { k: 'field', of, f: step };
}

function nameOf(program: Program, fn: Fn, place: Expr): string {
  const key = classOf(program, fn, place)?.key ?? memberKey(program, fn, place);
  return key ?? `${fn.unit.file} ${fn.facts.name} ${keyOf(place)}`;
}

function typeKind(program: Program, fn: Fn, place: Expr): LockKind | undefined {
  if (program.models.lockTypes.size === 0 || !isPath(place) || rootOf(place).k === 'result') return undefined;
  return kindOfClassNamed(program, fn, program.types.typeOf(program, fn, place).base);
}

/** The kind of a library's lock, or of a class of the workspace that is one: `class mutex : public std::mutex`. */
export function kindOfClassNamed(
  { models, types, functionNamed }: Program,
  fn: Fn,
  base: string,
): LockKind | undefined {
  const direct = models.lockTypes.get(base);
  if (direct || fn.unit.language !== 'cpp' || base === '') return direct;
  for (const name of types.classChain(fn.unit, fn.facts.name, base)) {
    const kind = models.lockTypes.get(name);
    if (kind) return kind;
    // What it does to be locked is its own affair.
    if (functionNamed(fn.unit, `${name}::lock`)) return undefined;
  }
  return undefined;
}

/** The kind an `init` gives: none named is the normal one. */
function initialKind(program: Program, fn: Fn, lock: LockModel, args: readonly Expr[]): Kind {
  if (lock.recursive) return 'recursive';
  if (!lock.kind) return 'normal';
  const [path = '', property] = lock.kind.split('#');
  const given = operandOf(path, args);
  if (!given || isAbsent(given)) return 'normal';
  if (!property) return kindNamed(lock, [given]);
  const values = storedIn(program, fn, { k: 'field', of: given, f: `#${property}` });
  if (values.length > 0) return kindNamed(lock, values);
  const root = rootOf(given);
  return root.k === 'var' && root.v >= fn.facts.params && given.k === 'var' ? 'normal' : 'unknown';
}

/** `*1` of a null pointer is no attribute. */
function isAbsent(e: Expr): boolean {
  const plain = withoutCasts(e);
  return isNull(plain.k === 'deref' ? plain.of : plain);
}

/** Values that calls in this function store in a property. */
function storedIn(program: Program, fn: Fn, property: Expr): Expr[] {
  const key = keyOf(property);
  const found: Expr[] = [];
  for (const [node, target] of program.targets[fn.id] ?? []) {
    const call = fn.facts.nodes[node];
    if (target.kind !== 'model' || call?.op !== 'call') continue;
    for (const { to, value } of target.model.stores ?? []) {
      const place = operandOf(to, call.args, target.receiver);
      if (!place || keyOf(place) !== key) continue;
      found.push(storedBy(value, call.args));
    }
  }
  return found;
}

/** A value may be several constants in one: `mtx_plain | mtx_recursive`. */
function kindNamed(lock: LockModel, values: readonly Expr[]): Kind {
  const kinds = values.map((value): Kind => {
    const parts = constantsIn(value);
    const named = parts.flatMap((part) => lock.kinds?.[part] ?? []);
    return named.find((kind) => kind !== 'normal') ?? named[0] ?? 'unknown';
  });
  return kinds.find((kind) => kind !== 'normal') ?? kinds[0] ?? 'normal';
}

function constantsIn(e: Expr): string[] {
  switch (e.k) {
    case 'num':
      return [String(e.v)];
    case 'name':
      return [e.n];
    case 'cast':
      return constantsIn(e.e);
    case 'bin':
      return [...constantsIn(e.l), ...constantsIn(e.r)];
    default:
      return [];
  }
}
