/** Which locks their holder may take again: by how they are initialised, by type, by the call that takes them. */
import type { Expr } from '../facts/expr';
import type { LockKind, LockModel } from '../models/schema';
import { classOf } from '../program/identity';
import type { Fn, Program } from '../program/program';
import { isPath, keyOf, rootOf, substitute } from './access-path';
import type { CallGraph } from './call-graph';
import { table } from './kept';
import { operandOf } from './operand';

export interface LockKinds {
  /** The kind of the lock that `place` names in `fn`; `unknown` where it hangs on what is not seen. */
  kindOf(fn: Fn, place: Expr, model: LockModel): LockKind | 'unknown';
}

type Kind = LockKind | 'unknown';

/** Callees come before callers, so that what a wrapper initialises is known where it is called. */
export function findLockKinds(program: Program, graph: CallGraph): LockKinds {
  const known = new Map<string, Kind>();
  const note = (name: string, kind: Kind): void => {
    const before = known.get(name);
    known.set(name, before === undefined || before === kind ? kind : 'unknown');
  };
  const wrappers = new Map<Fn, Map<string, { place: Expr; kind: Kind }>>();
  const noteAt = (fn: Fn, place: Expr, kind: Kind): void => {
    note(nameOf(program, fn, place), kind);
    const root = rootOf(place);
    if (root.k !== 'var' || root.v >= fn.facts.params) return;
    const own = wrappers.get(fn) ?? new Map<string, { place: Expr; kind: Kind }>();
    wrappers.set(fn, own.set(keyOf(place), { place, kind }));
  };
  for (const id of graph.components.flat()) {
    const fn = program.fns[id];
    if (!fn) continue;
    for (const [node, target] of program.targets[id] ?? []) {
      const call = fn.facts.nodes[node];
      if (call?.op !== 'call') continue;
      if (target.kind === 'function') {
        for (const { place, kind } of wrappers.get(target.fn)?.values() ?? []) {
          const own = substitute(place, target.fn.facts.params, call.args, target.receiver);
          if (own) noteAt(fn, own, kind);
        }
        continue;
      }
      const lock = target.kind === 'model' ? target.model.lock : undefined;
      if (lock?.op !== 'init' || target.kind !== 'model') continue;
      const place = operandOf(lock.lock, call.args, target.receiver);
      if (place) noteAt(fn, place, initialKind(program, fn, lock, call.args));
    }
  }
  for (const unit of program.units) {
    for (const { name, init } of unit.globals) {
      const kind = init?.k === 'name' ? program.models.initialisers.get(init.n) : undefined;
      if (kind) note(`${unit.file}#${name}`, kind);
    }
  }
  const tabled = table(program, 'lock kinds', known);
  return {
    kindOf(fn, place, model) {
      if (model.recursive) return 'recursive';
      const name = nameOf(program, fn, place);
      const family = classOf(program, fn, place)?.family;
      const kind = tabled(name) ?? (family === undefined ? undefined : tabled(family));
      return kind ?? typeKind(program, fn, place) ?? 'normal';
    },
  };
}

function nameOf(program: Program, fn: Fn, place: Expr): string {
  return classOf(program, fn, place)?.key ?? `${fn.unit.file} ${fn.facts.name} ${keyOf(place)}`;
}

function typeKind(program: Program, fn: Fn, place: Expr): LockKind | undefined {
  if (program.models.lockTypes.size === 0 || !isPath(place) || rootOf(place).k === 'result') return undefined;
  return program.models.lockTypes.get(program.types.typeOf(program, fn, place).base);
}

/** The kind an `init` gives: none named is the normal one. */
function initialKind(program: Program, fn: Fn, lock: LockModel, args: readonly Expr[]): Kind {
  if (lock.recursive) return 'recursive';
  if (!lock.kind) return 'normal';
  const [path = '', property] = lock.kind.split('#');
  const given = operandOf(path, args);
  if (!given || isNull(given)) return 'normal';
  if (!property) return kindNamed(lock, [given]);
  const values = storedIn(program, fn, { k: 'field', of: given, f: `#${property}` });
  if (values.length > 0) return kindNamed(lock, values);
  const root = rootOf(given);
  return root.k === 'var' && root.v >= fn.facts.params && given.k === 'var' ? 'normal' : 'unknown';
}

/** `*1` of a null pointer is no attribute. */
function isNull(e: Expr): boolean {
  if (e.k === 'deref' || e.k === 'cast') return isNull(e.k === 'deref' ? e.of : e.e);
  return (e.k === 'num' && e.v === 0) || (e.k === 'name' && (e.n === 'NULL' || e.n === 'nullptr'));
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
      found.push((/^\*?\d/.test(value) ? operandOf(value, call.args) : undefined) ?? { k: 'name', n: value });
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
