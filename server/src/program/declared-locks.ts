/**
 * Functions that are only declared, with annotations that say what they do to locks: `void begin() ACQUIRE(mutex_);`.
 * Each is made a function that does just that. A class whose constructor takes a lock that it is given holds it until
 * its end, or until a method says otherwise.
 */
import { add, addBranch, startCfg } from '../facts/cfg';
import { type Expr, type Span, UNKNOWN } from '../facts/expr';
import type { CfgNode, FunctionFacts, PrototypeFacts, UnitFacts, VariableFacts } from '../facts/facts';
import { lastPart } from './program';
import { placeWritten } from './written-place';

const THIS: Expr = { k: 'deref', of: { k: 'this' } };
/** What a scoped object keeps of its lock, and whether it has it. */
const HELD: Expr = { k: 'field', of: THIS, f: 'held_' };
const OWNS: Expr = { k: 'field', of: THIS, f: 'owns_' };
/** The arguments of a try begin with what it gives when it has the lock. */
const FALSE = /^(?:false|0|FALSE)$/;

type Does = ReadonlyMap<string, string>;

interface Step {
  does: string;
  locks: readonly Expr[];
  fails: boolean;
}

/** The declarations that say what they do to locks, and that nothing defines. */
export function declaredLocking(
  { prototypes }: UnitFacts,
  does: Does,
  isDefined: (name: string) => boolean,
): PrototypeFacts[] {
  return prototypes.filter(
    ({ name, virtual, annotations }) =>
      annotations?.some((one) => does.has(one.name)) && !virtual && !isDefined(name),
  );
}

/** The functions that these declarations of a file make. */
export function functionsDeclared(
  unit: UnitFacts,
  does: Does,
  said: readonly PrototypeFacts[],
): FunctionFacts[] {
  const scoped = new Set(
    said.flatMap((one) =>
      isConstructor(one.name) && takesGiven(one, does) ? [one.name.slice(0, one.name.lastIndexOf('::'))] : [],
    ),
  );
  return said.flatMap((one) => functionOf(unit, one, does, scoped) ?? []);
}

function isConstructor(name: string): boolean {
  const [last, before] = name.split('::').reverse();
  return last !== undefined && last === before;
}

function takesGiven({ annotations = [] }: PrototypeFacts, does: Does): boolean {
  return annotations.some(({ name, args }) => does.get(name)?.startsWith('acquire') && args.length > 0);
}

function functionOf(
  unit: UnitFacts,
  prototype: PrototypeFacts,
  does: Does,
  scoped: ReadonlySet<string>,
): FunctionFacts | undefined {
  const { name, internal, returns, params, names = [], span = [0, 0] as const, annotations = [] } = prototype;
  const variables = params.map((type, i): VariableFacts => ({ name: names[i] ?? '', type, span }));
  const colon = name.lastIndexOf('::');
  const owner = colon < 0 ? undefined : name.slice(0, colon);
  const isScoped = owner !== undefined && scoped.has(owner);
  const steps = annotations.flatMap(({ name: one, args }): Step[] => {
    const what = does.get(one);
    if (what === undefined) return [];
    const isTry = what.startsWith('try');
    const given = isTry ? args.slice(1) : args;
    const own: Expr = isScoped ? { k: 'deref', of: HELD } : THIS;
    const locks = given.length === 0 ? [own] : given.map((text) => lockWritten(unit, owner, variables, text));
    const known = locks.flatMap((lock) => lock ?? []);
    const fails = isTry && FALSE.test(args[0] ?? '');
    return known.length < locks.length ? [] : [{ does: what, locks: known, fails }];
  });
  if (steps.length === 0 || (owner === undefined && steps.some(({ locks }) => locks.includes(THIS))))
    return undefined;
  const isDestructor = lastPart(name).startsWith('~');
  const kind = isConstructor(name) ? 'constructor' : isDestructor ? 'destructor' : 'function';
  return {
    name,
    kind,
    internal,
    span,
    nameSpan: span,
    returns,
    variables,
    params: params.length,
    nodes: bodyOf(steps, isScoped ? kind : undefined, span),
    loops: [],
    declaredOnly: true,
  };
}

/** A lock by the name that the annotation gives it; what a pointer points to is the lock. */
function lockWritten(
  unit: UnitFacts,
  owner: string | undefined,
  variables: VariableFacts[],
  text: string,
): Expr | undefined {
  const place = placeWritten({ variables, params: variables.length }, text);
  if (!place || text.startsWith('*')) return place;
  const members = unit.types.find(({ name }) => name === owner)?.fields ?? [];
  const type =
    place.k === 'var'
      ? variables[place.v]?.type
      : place.k === 'name'
        ? members.find(({ name }) => name === place.n)?.type
        : undefined;
  return type && type.ptr > 0 ? { k: 'deref', of: place } : place;
}

/** The steps one behind the other; of a scoped object, with what it remembers. */
function bodyOf(steps: readonly Step[], scoped: FunctionFacts['kind'] | undefined, at: Span): CfgNode[] {
  const cfg = startCfg(at);
  const assign = (to: Expr, from: Expr): number => add(cfg, { op: 'assign', to, from, at, next: [] });
  let value: Expr | undefined;
  for (const { does, locks, fails } of steps)
    for (const lock of locks) {
      if (does === 'excludes') {
        perhapsTaken(cfg, lock, at);
        continue;
      }
      const gives = does === 'release';
      const asks = gives && scoped === 'destructor';
      if (scoped === 'constructor') assign(HELD, { k: 'addr', of: lock });
      const ways = asks ? addBranch(cfg, OWNS, at) : undefined;
      if (ways) cfg.open = ways.yes;
      const callee: Expr = { k: 'name', n: `{declared}::${does}` };
      const n = add(cfg, { op: 'call', callee, args: [lock], at, next: [] });
      if (scoped && !asks) assign(OWNS, { k: 'num', v: gives ? 0 : 1 });
      if (ways) cfg.open.push(...ways.no);
      if (does.startsWith('try'))
        value = fails ? { k: 'un', op: '!', e: { k: 'result', n } } : { k: 'result', n };
    }
  add(cfg, { op: 'return', ...(value ? { value } : {}), at, next: [] });
  return cfg.nodes;
}

/** Who must not be called with the lock takes it by itself, if not always. */
function perhapsTaken(cfg: ReturnType<typeof startCfg>, lock: Expr, at: Span): void {
  const { yes, no } = addBranch(cfg, UNKNOWN, at);
  cfg.open = yes;
  for (const does of ['acquire', 'release'])
    add(cfg, { op: 'call', callee: { k: 'name', n: `{declared}::${does}` }, args: [lock], at, next: [] });
  cfg.open.push(...no);
}
