/** How each created thread ends, in words: what is joined where, detached how, handed on, lost, or endless. */

import type { Expr } from '../../facts/expr';
import type { FunctionModel } from '../../models/schema';
import { classOf, mayOverlap, type PlaceClass } from '../../program/identity';
import type { Fn, Program, Target } from '../../program/program';
import { calleeName, functionName, spell } from '../../program/spelling';
import { functionOf } from '../calls/names';
import { keyOf } from '../paths/access-path';
import { operandOf } from '../paths/operand';
import type { Fate, Leak, ThreadFacts, ThreadSite } from './thread-facts';
import { type LooseJoin, looseJoins, looseJoinsOf, wrappersOf } from './thread-loose-joins';
import { closersOf, startsItself } from './thread-sites';

export type ThreadEnd =
  | 'joined'
  | 'detached'
  | 'handed on'
  | 'leaked'
  | 'endless'
  | 'ends with the process'
  | 'not followed';

export interface ThreadStory {
  fn: Fn;
  node: number;
  /** The function called here. */
  callee: string;
  /** The handle as the source writes it. */
  handle: string;
  routines: readonly Fn[];
  end: ThreadEnd;
  /** One clause that says how. */
  how: string;
  /** Where that is seen, in reading order. */
  places: readonly { fn: Fn; node: number; message: string }[];
}

/** One story for each call that makes a thread, in the order of files and places. */
export function threadStories(program: Program, threads: ThreadFacts): ThreadStory[] {
  const leaks = new Map<string, Leak[]>();
  for (const leak of threads.leaks) {
    const key = siteKey(leak.creation.fn, leak.creation.node);
    leaks.set(key, [...(leaks.get(key) ?? []), leak]);
  }
  const known = new Set<string>();
  const loose = looseJoins(program, threads);
  const stories: ThreadStory[] = threads.sites
    .filter(({ creation }) => creation.fn.facts.kind !== 'macro')
    .map((site) => {
      const { fn, node, handle, routines } = site.creation;
      known.add(siteKey(fn, node));
      const ended = endOf(program, threads, site, leaks.get(siteKey(fn, node)) ?? [], loose);
      return {
        fn,
        node,
        callee: calleeAt(program, fn, node),
        handle: spell(fn.facts, handle),
        routines,
        ...ended,
      };
    });
  const closing = program.fns.flatMap((fn) => [...objectClosers(program, fn)]);
  for (const fn of program.fns) {
    for (const [node, target] of program.targets[fn.id] ?? []) {
      if (target.kind !== 'model' || !startsThread(target.model)) continue;
      if (known.has(siteKey(fn, node)) || fn.facts.kind === 'macro') continue;
      stories.push({
        fn,
        node,
        callee: calleeAt(program, fn, node),
        handle: target.receiver ? spell(fn.facts, target.receiver) : '',
        routines: target.routines ?? startedAt(program, fn, node, target.model),
        ...endOfStarted(program, closing, fn, target),
      });
    }
  }
  return stories.sort(
    (a, b) =>
      compare(a.fn.unit.file, b.fn.unit.file) ||
      startOf(a) - startOf(b) ||
      a.fn.id - b.fn.id ||
      a.node - b.node,
  );
}

/** A constructor of a thread object that is no site of its own moves a thread, or makes none. */
function startsThread(model: FunctionModel): boolean {
  const { starts, thread } = model;
  return !!starts?.length || startsItself(model) || (thread?.op === 'create' && !thread.object);
}

type Ended = Pick<ThreadStory, 'end' | 'how' | 'places'>;

/** What a library starts without a handle, in a thread of its own or of its pool, nobody has to join. */
const KEPT: Ended = { end: 'detached', how: 'there is no handle: its library ends it', places: [] };

function endOfStarted(
  program: Program,
  closing: readonly ObjectCloser[],
  fn: Fn,
  target: ModelTarget,
): Ended {
  if (target.model.awaited) return AWAITED;
  const { model, receiver } = target;
  const ended = receiver || model.thread ? endOfObject(program, closing, fn, target) : undefined;
  return ended ?? (model.thread || model.routineMethod ? UNFOLLOWED : KEPT);
}

const UNFOLLOWED: Ended = {
  end: 'not followed',
  how: 'what becomes of it is not followed',
  places: [],
};

const AWAITED: Ended = { end: 'joined', how: 'by the end of its future', places: [] };

function endOf(
  program: Program,
  threads: ThreadFacts,
  site: ThreadSite,
  leaks: readonly Leak[],
  loose: readonly LooseJoin[],
): Ended {
  const { creation, fates, made, detachSelf, endless } = site;
  const inMain = leaks.every(
    ({ kind, at }) => kind === 'exit' && at.fn.facts.name === 'main' && !creation.object,
  );
  const wrappers = wrappersOf(program, site);
  const wrapped = threads.closers.filter(({ place }) => wrappers.some((one) => mayOverlap(one, place)));
  const closers = wrapped.length > 0 ? wrapped : closersOf(site, threads.stored, threads.closers);
  const closing = fates.filter(({ kind }) => kind === 'joined' || kind === 'detached' || kind === 'closed');
  if (leaks.length > 0 && !inMain) return lost(leaks);
  if (made === 'detached') return { end: 'detached', how: 'by its attribute', places: [] };
  if (made === 'unknown')
    return { end: 'not followed', how: 'whether its attribute makes it detached is not visible', places: [] };
  const itself = detachSelf[0];
  if (itself)
    return {
      end: 'detached',
      how: `\`${functionName(itself.facts)}\` detaches itself`,
      places: [{ fn: itself, node: 0, message: 'detaches itself' }],
    };
  const held = threads.stored.filter((one) => one.creation === creation).map(({ place }) => place);
  const copies = looseJoinsOf(program, site, held, loose);
  const places = [
    ...closing.map((fate) => ({ fn: fate.fn, node: fate.node, message: `${fate.kind} here` })),
    ...closers.map(({ fn, node, waits, place }) => ({
      fn,
      node,
      message: `\`${labelOf(place)}\` is ${waits ? 'joined' : 'detached'} here`,
    })),
    ...copies.map(({ fn, node, waits, field }) => ({
      fn,
      node,
      message: `${field ? `a \`${field}\`` : 'a copy'} is ${waits ? 'joined' : 'detached'} here`,
    })),
  ];
  const isJoined =
    closing.some(({ kind }) => kind === 'joined') || [...closers, ...copies].some(({ waits }) => waits);
  if (places.length > 0) {
    const by = [...new Set(places.map(({ fn }) => `\`${functionName(fn.facts)}\``))]
      .slice(0, MAX_NAMES)
      .join(', ');
    return { end: isJoined ? 'joined' : 'detached', how: `by ${by}`, places };
  }
  if (endless.length > 0) {
    const [fn] = endless;
    return {
      end: 'endless',
      how: `\`${fn ? functionName(fn.facts) : ''}\` never comes to an end`,
      places: fn ? [{ fn, node: 0, message: 'never comes to an end' }] : [],
    };
  }
  if (leaks.length > 0) return { end: 'ends with the process', how: '`main` returns with it', places: [] };
  const left =
    fates.find(({ kind }) => kind === 'returned') ?? fates.find(({ kind }) => kind === 'handed') ?? fates[0];
  if (left)
    return {
      end: 'handed on',
      how: handedHow(program, left),
      places: [{ fn: left.fn, node: left.node, message: 'handed on here' }],
    };
  if (made === 'either')
    return { end: 'detached', how: 'by its attribute, on the paths that lose its handle', places: [] };
  if (creation.fn.facts.name === 'main')
    return { end: 'ends with the process', how: '`main` does not return before it', places: [] };
  return { end: 'not followed', how: 'no end of it is seen', places: [] };
}

/** The routines that a call starts which makes an object of a thread: named in the call itself. */
function startedAt(program: Program, fn: Fn, node: number, { starts }: FunctionModel): readonly Fn[] {
  const call = fn.facts.nodes[node];
  if (call?.op !== 'call') return [];
  return (starts ?? []).flatMap((operand) => functionOf(program, fn, operandOf(operand, call.args)) ?? []);
}

/**
 * An object that is a thread: joined or detached by its methods, in the function or wherever its field is seen, or
 * by its own class.
 */
function endOfObject(
  program: Program,
  closing: readonly ObjectCloser[],
  fn: Fn,
  target: ModelTarget,
): Ended | undefined {
  const object = target.receiver;
  if (!object) return undefined;
  const place = classOf(program, fn, object);
  const key = keyOf(object);
  const meansIt = (other: Fn, receiver: Expr): boolean =>
    place ? classOf(program, other, receiver)?.key === place.key : other === fn && keyOf(receiver) === key;
  const direct = closing.filter((one) => meansIt(one.fn, one.receiver));
  const routines = target.routines ?? [];
  const found =
    direct.length > 0
      ? direct
      : closing.filter((one) => isThis(one.receiver) && one.routines?.some((own) => routines.includes(own)));
  const [first] = found;
  if (!first) return undefined;
  const joins = found.find(({ op }) => op === 'join');
  return {
    end: joins ? 'joined' : 'detached',
    how: `by \`${functionName((joins ?? first).fn.facts)}\``,
    places: found.map(({ fn: other, node, op }) => ({ fn: other, node, message: `${op}ed here` })),
  };
}

type ModelTarget = Target & { kind: 'model' };

interface ObjectCloser {
  fn: Fn;
  node: number;
  op: 'join' | 'detach';
  receiver: Expr;
  routines?: readonly Fn[];
}

/** Calls in a function that join or detach the object they are made on. */
function* objectClosers(program: Program, fn: Fn): Generator<ObjectCloser> {
  for (const [node, target] of program.targets[fn.id] ?? []) {
    if (target.kind !== 'model' || !target.receiver) continue;
    const op = target.model.thread?.op;
    if (op !== 'join' && op !== 'detach') continue;
    const { receiver, routines } = target;
    yield { fn, node, op, receiver, ...(routines && { routines }) };
  }
}

function isThis(e: Expr): boolean {
  return e.k === 'deref' && e.of.k === 'this';
}

/** Names are for orientation; the places say all. */
const MAX_NAMES = 3;

function lost(leaks: readonly Leak[]): Ended {
  const [leak] = leaks;
  const places = leaks.map(({ at }) => ({ fn: at.fn, node: at.node, message: 'lost here' }));
  switch (leak?.kind) {
    case 'stored':
      return { end: 'leaked', how: `nothing joins or detaches \`${labelOf(leak.place)}\``, places: [] };
    case 'guarded':
      return {
        end: 'leaked',
        how: `joined only while \`${labelOf(leak.guard?.flag)}\` is set, which the thread clears itself`,
        places: leak.guard
          ? [
              { ...leak.guard.join, message: 'joined here, under the flag' },
              { ...leak.guard.clear, message: 'the flag is cleared here' },
            ]
          : [],
      };
    case 'overwritten':
      return { end: 'leaked', how: 'its handle takes that of the next thread', places };
    default:
      return {
        end: 'leaked',
        how: leak?.never ? 'its handle is lost' : 'its handle is lost on some path',
        places,
      };
  }
}

function handedHow(program: Program, fate: Fate): string {
  if (fate.kind === 'returned') return `to the callers of \`${functionName(fate.fn.facts)}\``;
  if (fate.kind === 'stored') return `to \`${labelOf(fate.place)}\``;
  const callee = calleeAt(program, fate.fn, fate.node);
  return callee ? `to \`${callee}\`` : 'to another place';
}

function calleeAt(program: Program, fn: Fn, node: number): string {
  const target = program.targets[fn.id]?.get(node);
  if (target?.kind === 'function') return functionName(target.fn.facts);
  if (target?.kind === 'model' || target?.kind === 'unknown') return calleeName(target.name);
  return '';
}

function siteKey(fn: Fn, node: number): string {
  return `${fn.id} ${node}`;
}

function startOf({ fn, node }: ThreadStory): number {
  return fn.facts.nodes[node]?.at[0] ?? 0;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A type without a name of its own is left out: `{struct@1232}.handle` reads as `handle`. */
function labelOf(place: PlaceClass | undefined): string {
  return (place?.label ?? '').replace(/\{[^}]*\}\.?/g, '');
}
