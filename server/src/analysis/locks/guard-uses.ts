/** Guards that guard nothing: they end where they begin, or never have a lock. */
import type { Expr } from '../../facts/expr';
import type { CfgNode } from '../../facts/facts';
import type { GuardClass } from '../../models/schema';
import { expressionsOf, namesIn } from '../../program/expressions';
import type { Fn, Program, Target } from '../../program/program';
import type { Analysis } from '../analysis';
import { nameWritten } from './guard-steps';
import { tagNamed } from './guards';
import type { Acquisition } from './lock-facts';

/** A guard without a name, which gives its locks back before the next statement. */
export interface UnnamedGuard {
  fn: Fn;
  /** The call that makes or returns it. */
  node: number;
  taken: readonly Acquisition[];
  /** The call makes the object itself. */
  isMade: boolean;
  /** Something behind it may take the lock again. */
  isTakenAgain: boolean;
}

/** A guard that never has a lock. */
export interface EmptyGuard {
  fn: Fn;
  node: number;
  kind: 'several' | 'never' | 'deferred';
  variable?: string;
}

const WAKING: ReadonlySet<string> = new Set(['signal', 'broadcast']);
/** What a guard's owner can do with it that does not make it own a lock. */
const WITHOUT_LOCK: ReadonlySet<string> = new Set(['end', 'owns', 'unlock', 'mutex']);

/** Guards that are made as a statement of their own. */
export function findUnnamedGuards({ program, locks }: Analysis): UnnamedGuard[] {
  const found: UnnamedGuard[] = [];
  for (const fn of cppFunctions(program)) {
    const events = locks.events[fn.id];
    if (!events) continue;
    const { nodes } = fn.facts;
    const seen = new Set<number>();
    for (const [index, target] of program.targets[fn.id] ?? []) {
      const made = endsAtOnce(nodes, index);
      if (made === undefined || seen.has(made)) continue;
      const taken = (events.heldAt.get(index) ?? []).filter(({ node }) => node === made);
      if (taken.length === 0 || !givesBack(locks, target) || isBarrier(program, fn, made)) continue;
      seen.add(made);
      const maker = program.targets[fn.id]?.get(made);
      const isMade = maker !== undefined && maker.kind !== 'unknown' && maker.made !== undefined;
      const isTakenAgain = takesBehind(program, locks, fn, index, taken);
      found.push({ fn, node: made, taken, isMade, isTakenAgain });
    }
  }
  return found;
}

/** Local guards that nothing gives a lock, or that never take the one they have. */
export function findEmptyGuards({ program }: Analysis): EmptyGuard[] {
  const found: EmptyGuard[] = [];
  for (const fn of cppFunctions(program))
    for (const [node, target] of program.targets[fn.id] ?? []) {
      const empty = emptyGuard(fn, node, target);
      if (empty && !(empty.kind !== 'several' && isUsed(program, fn, node))) found.push(empty);
    }
  return found;
}

function cppFunctions(program: Program): Fn[] {
  return program.fns.filter(
    ({ unit, facts }) => unit.language === 'cpp' && facts.kind !== 'macro' && !facts.damaged,
  );
}

/** The call whose object a destructor ends right behind it, before anything else is done. */
function endsAtOnce(nodes: readonly CfgNode[], index: number): number | undefined {
  const made = endedAt(nodes[index]);
  if (made === undefined) return undefined;
  for (let at = nodes[made]?.next[0]; at !== index; at = nodes[at]?.next[0]) {
    if (at === undefined || nodes[at]?.next.length !== 1) return undefined;
    const node = nodes[at];
    const isUsed = node?.op === 'nop' && node.value !== undefined && worksOn(node.value, made);
    if (isUsed || (node?.op !== 'nop' && endedAt(node) !== made)) return undefined;
  }
  return isReturnedWith(nodes, made, index) ? undefined : made;
}

/** `print() << text` works on what the call returns until the statement ends. */
function worksOn(e: Expr, made: number): boolean {
  return e.k === 'bin' ? worksOn(e.l, made) : e.k === 'result' && e.n === made;
}

/** `return guard(m), count;` reads the value while the guard still lives. */
function isReturnedWith(nodes: readonly CfgNode[], made: number, end: number): boolean {
  const [start = 0] = nodes[made]?.at ?? [];
  let at = nodes[end]?.next[0];
  while (at !== undefined && endedAt(nodes[at]) === made) at = nodes[at]?.next[0];
  const node = at === undefined ? undefined : nodes[at];
  return node?.op === 'return' && node.value !== undefined && node.at[0] <= start && start < node.at[1];
}

/** The call whose result, or a member of it, the node ends. */
function endedAt(node: CfgNode | undefined): number | undefined {
  if (node?.op !== 'call' || node.callee.k !== 'field' || node.callee.f !== '{destructor}') return undefined;
  let object = node.callee.of;
  while (object.k === 'field') object = object.of;
  return object.k === 'result' ? object.n : undefined;
}

function givesBack(locks: Analysis['locks'], target: Target): boolean {
  if (target.kind === 'model') return target.model.guard?.op === 'end';
  if (target.kind !== 'function') return false;
  return locks.summaries[target.fn.id]?.outcomes.some(({ releases }) => releases.length > 0) ?? false;
}

/** Nothing comes behind it that it could guard, or others are woken next: it waits until they have left. */
function isBarrier(program: Program, fn: Fn, made: number): boolean {
  const { nodes } = fn.facts;
  let at = nodes[made]?.next[0];
  for (let steps = 0; steps <= nodes.length && at !== undefined; steps++) {
    const node: CfgNode | undefined = nodes[at];
    if (!node || (node.op === 'return' && !node.value)) return true;
    const target = program.targets[fn.id]?.get(at);
    if (target?.kind === 'model' && WAKING.has(target.model.condition?.op ?? '')) return true;
    const isEnd = node.op === 'call' && node.callee.k === 'field' && node.callee.f === '{destructor}';
    if (node.op !== 'nop' && node.op !== 'scope-end' && !isEnd) return false;
    at = node.next[0];
  }
  return true;
}

function takesBehind(
  program: Program,
  { summaries }: Analysis['locks'],
  fn: Fn,
  end: number,
  taken: readonly Acquisition[],
): boolean {
  const keys = new Set(taken.map(({ cls }) => cls?.key));
  return [...(program.targets[fn.id] ?? [])].some(([node, target]) => {
    if (node <= end) return false;
    if (target.kind === 'function')
      return summaries[target.fn.id]?.acquires.some(({ cls }) => !cls || keys.has(cls.key)) ?? false;
    if (target.kind !== 'model') return false;
    const { lock, guard, together } = target.model;
    return Boolean(lock || together || (guard && guard.op !== 'end'));
  });
}

function emptyGuard(fn: Fn, node: number, target: Target): EmptyGuard | undefined {
  if (target.kind !== 'model' || target.model.guard?.op !== 'begin') return undefined;
  const { of } = target.model.guard;
  const { receiver } = target;
  const call = fn.facts.nodes[node];
  if (call?.op !== 'call' || !receiver) return undefined;
  const variable = receiver.k === 'var' ? fn.facts.variables[receiver.v] : undefined;
  const name = variable?.name ? { variable: variable.name } : {};
  if (of.several) return call.args.length === 0 ? { fn, node, kind: 'several', ...name } : undefined;
  if (!variable || variable.storage || !name.variable) return undefined;
  if (call.args.length === 0) return { fn, node, kind: 'never', ...name };
  return isDeferred(fn, of, call.args) ? { fn, node, kind: 'deferred', ...name } : undefined;
}

function isDeferred(fn: Fn, of: GuardClass, args: readonly Expr[]): boolean {
  return args.some((arg) => tagNamed(of, nameWritten(fn, arg)) === 'defer');
}

/** Whether anything is done with the guard by which it could come to own a lock. */
function isUsed(program: Program, fn: Fn, made: number): boolean {
  const targets = program.targets[fn.id];
  const receiver = targets?.get(made);
  const object = receiver?.kind === 'model' ? receiver.receiver : undefined;
  if (object?.k !== 'var') return true;
  return fn.facts.nodes.some((node, index) => {
    if (index === made) return false;
    const target = node.op === 'call' ? targets?.get(index) : undefined;
    const method = target?.kind === 'model' && target.model.guard;
    if (isMadeIn(target, object.v)) return true;
    if (node.op === 'call' && method && WITHOUT_LOCK.has(method.op))
      return node.args.some((arg) => mentions(arg, object.v));
    return expressionsOf(node).some((e) => mentions(e, object.v));
  });
}

/** Of a choice `c ? guard(m) : guard()`, the other object is made in the same variable. */
function isMadeIn(target: Target | undefined, v: number): boolean {
  if (target?.kind === 'function' && target.into?.k === 'var') return target.into.v === v;
  return target?.kind === 'model' && target.made !== undefined && target.receiver?.k === 'var'
    ? target.receiver.v === v
    : false;
}

function mentions(e: Expr, v: number): boolean {
  let found = false;
  namesIn(e, (part) => {
    if (part.k === 'var' && part.v === v) found = true;
    if (part.k === 'lambda' && part.captures?.some((captured) => mentions(captured, v))) found = true;
  });
  return found;
}
