/**
 * Words that are spin locks: somebody changes one from 0 to another number in a loop that does nothing else until that
 * has succeeded, and somebody stores 0. All changes of that kind are then tries, and all such stores give it back.
 *
 * Nothing but the loop tells a lock from a state: a word that gets any other number is none.
 */
import type { Expr } from '../../facts/expr';
import type { AtomicModel, FunctionModel } from '../../models/schema';
import { classOf, memberKey } from '../../program/identity';
import type { Fn, Program, Target } from '../../program/program';
import { change } from '../../program/reads';
import { type ModelledCall, modelledCalls } from '../calls/modelled';
import { rootOf, withoutCasts } from '../paths/access-path';
import { operandOf } from '../paths/operand';

interface Use extends ModelledCall {
  atomic: AtomicModel;
  /** What the word is called wherever it is used. */
  key: string;
  /** The number that is written; unknown where it is none. */
  to: number | undefined;
  /** It is written where the word is 0, or whatever it is. */
  fromZero: boolean;
}

type Overlay = ReadonlyMap<number, Target>;

/** The program with those calls as what they do to locks; itself where there is no such word. */
export function withSpinWords(program: Program): Program {
  const uses = modelledCalls(program).flatMap((call) => useAt(program, call) ?? []);
  const words = wordsOf(program, uses);
  const byFn = new Map<Fn, Map<number, Target>>();
  for (const use of uses) {
    const model = words.has(use.key) ? lockingModel(use) : undefined;
    if (!model) continue;
    const own = byFn.get(use.fn) ?? new Map<number, Target>();
    byFn.set(use.fn, own.set(use.node, { ...use.target, model }));
  }
  noteChanges(program, byFn);
  if (byFn.size === 0) return program;
  const targets = [...program.targets];
  for (const [fn, own] of byFn) targets[fn.id] = new Map([...(targets[fn.id] ?? []), ...own]);
  return { ...program, targets };
}

/** What was known of a function is to be found anew where other calls of it are locks than before. */
function noteChanges({ fns }: Program, byFn: ReadonlyMap<Fn, Overlay>): void {
  for (const fn of fns) {
    const now = [...(byFn.get(fn)?.keys() ?? [])].join();
    const before = fn.kept.get('spin words') ?? '';
    if (now === before) continue;
    fn.kept.set('spin words', now);
    change(fn.cell);
  }
}

function wordsOf(program: Program, uses: readonly Use[]): ReadonlySet<string> {
  const spun = new Set<string>();
  const cleared = new Set<string>();
  const others = new Set<string>();
  for (const use of uses) {
    const { key, to, atomic } = use;
    if (to === undefined || (atomic.op === 'store' && to !== 0)) others.add(key);
    else if (to === 0) cleared.add(key);
    else if (use.fromZero && isSpun(program, use)) spun.add(key);
    else if (!use.fromZero) others.add(key);
  }
  return new Set([...spun].filter((key) => cleared.has(key) && !others.has(key)));
}

function useAt(program: Program, call: ModelledCall): Use | undefined {
  const { atomic } = call.target.model;
  if (!atomic) return undefined;
  const { fn, target } = call;
  const at = (operand: string | undefined): Expr | undefined =>
    operand === undefined ? undefined : operandOf(operand, call.call.args, target.receiver);
  const word = at(atomic.word);
  const key = word && keyOfWord(program, fn, word);
  if (!key) return undefined;
  const expected = at(atomic.expected);
  return {
    ...call,
    atomic,
    key,
    to: numberOf(program, fn, at(atomic.to)),
    fromZero: atomic.op === 'exchange' || (expected !== undefined && isZero(program, fn, expected)),
  };
}

/** By its class, of a member that of its type; behind a parameter by the parameter's type, in one file. */
function keyOfWord(program: Program, fn: Fn, word: Expr): string | undefined {
  const key = memberKey(program, fn, word) ?? classOf(program, fn, word)?.key;
  if (key !== undefined) return key;
  const root = rootOf(word);
  if (word.k !== 'deref' || withoutCasts(word.of) !== root || root.k !== 'var') return undefined;
  if (root.v >= fn.facts.params) return undefined;
  return `${fn.unit.file} ${fn.facts.variables[root.v]?.type.base ?? ''}`;
}

function numberOf({ constantNamed }: Program, fn: Fn, e: Expr | undefined): number | undefined {
  const plain = e && withoutCasts(e);
  if (plain?.k === 'num') return plain.v;
  return plain?.k === 'name' ? constantNamed(fn.unit, plain.n) : undefined;
}

/** A constant, or a local variable that holds nothing else but what the word was found to be. */
function isZero(program: Program, fn: Fn, e: Expr): boolean {
  const plain = withoutCasts(e);
  if (plain.k !== 'var' || plain.v < fn.facts.params) return numberOf(program, fn, plain) === 0;
  const values = fn.facts.nodes.flatMap((node) =>
    node.op === 'assign' && node.to.k === 'var' && node.to.v === plain.v ? [node.from] : [],
  );
  return values.length > 0 && values.every((value) => numberOf(program, fn, value) === 0);
}

/** The loop around the change does nothing else, whatever it waits with. */
function isSpun(program: Program, { fn, node }: Use): boolean {
  const around = fn.facts.loops.filter(({ first, last }) => first <= node && node <= last);
  const [inner] = around.sort((a, b) => a.last - a.first - (b.last - b.first));
  if (!inner) return false;
  for (let index = inner.first; index <= inner.last; index++)
    if (!isHarmless(program, fn, index, 0)) return false;
  return true;
}

/** A pause may be a function of the project that calls another one. */
const MAX_DEPTH = 3;
const MAX_NODES = 12;

function isHarmless(program: Program, fn: Fn, index: number, depth: number): boolean {
  const node = fn.facts.nodes[index];
  if (node?.op === 'assign') return node.to.k === 'var';
  if (node?.op !== 'call') return true;
  const target = program.targets[fn.id]?.get(index);
  if (target?.kind === 'model') {
    const { lock, condition, guard, thread } = target.model;
    return !lock && !condition && !guard && !thread;
  }
  if (target?.kind !== 'function' || depth > MAX_DEPTH) return node.args.length === 0;
  const { nodes } = target.fn.facts;
  return nodes.length <= MAX_NODES && nodes.every((_, at) => isHarmless(program, target.fn, at, depth + 1));
}

/** What the call does to the lock that its word is. */
function lockingModel({ atomic, target, to, fromZero }: Use): FunctionModel | undefined {
  const lock = { lock: atomic.word, spins: true, flag: true } as const;
  if (to === 0) return { ...target.model, lock: { op: 'release', ...lock } };
  if (!fromZero) return undefined;
  const { releaseText } = atomic;
  const isTold = atomic.op === 'compare';
  return {
    ...target.model,
    lock: { op: 'try', mode: 'exclusive', ...lock, ...(releaseText ? { releaseText } : {}) },
    ...(isTold ? { success: 1, failure: 0 } : { success: 0, failure: 'other' }),
  };
}
