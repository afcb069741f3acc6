/**
 * Macros of a library that hold a lock until their scope ends: `guard(mutex)(&m);`, and as the head of a statement
 * `scoped_guard(mutex, &m) { … }`. Calls that take the lock and give it back stand in their place.
 */
import type { Expr } from '../facts/expr';
import type { CfgNode, FunctionFacts } from '../facts/facts';
import type { Library } from '../models/library';
import { insertNodes } from './insertion';
import type { Fn } from './program';

interface Statement {
  entry: number;
  turns: NonNullable<(CfgNode & { op: 'nop' })['turns']>;
}

/** One such use. */
interface Section {
  node: number;
  /** The variable that stands for what ends with the scope. */
  keeps: number;
  lock: Expr;
  takes: string;
  gives: string;
  /** The call that names the macro and the class. */
  named?: number;
  /** The statement that it is the head of. */
  statement?: Statement;
}

/** A macro as it is used: the class and the arguments behind it. */
interface Use {
  name: string;
  of: Expr | undefined;
  args: readonly Expr[];
  keeps: number;
  named?: number;
  statement?: Statement;
}

/**
 * The function with the calls; its own facts where it uses none of these macros. Their definitions, where those can be
 * seen, are not followed: they make functions of pasted names.
 */
export function withScopedLocks(models: Library, { facts, unit }: Fn): FunctionFacts {
  if (unit.language !== 'c' || facts.kind === 'macro' || !facts.nodes.some(mayBeUse)) return facts;
  const sections = facts.nodes.flatMap((node, index) => sectionAt(models, facts, node, index) ?? []);
  if (sections.length === 0) return facts;
  const variables = [...facts.variables];
  const nodes = [...facts.nodes];
  const before = new Map<number, CfgNode[]>();
  const entered = new Set<number>();
  for (const section of sections) {
    const { at, next } = nodes[section.node] ?? { at: [0, 0], next: [] };
    const kept: Expr = { k: 'var', v: variables.length };
    variables.push({ name: '', type: { base: '', ptr: 0, arr: 0 }, span: at });
    // The lock is the one that its name means here, whatever that means where it is given back.
    before.set(section.node, [{ op: 'assign', to: kept, from: section.lock, at, next }]);
    nodes[section.node] = { op: 'call', callee: { k: 'name', n: section.takes }, args: [kept], at, next };
    if (section.named !== undefined) nodes[section.named] = nothing(nodes[section.named]);
    if (section.statement) entered.add(onlyOnce(models, nodes, section, section.statement));
    facts.nodes.forEach((node, index) => {
      if (node.op !== 'scope-end' || !node.vars.includes(section.keeps) || index < section.node) return;
      const call: CfgNode = {
        op: 'call',
        callee: { k: 'name', n: section.gives },
        args: [kept],
        at: node.at,
        next: [],
      };
      // What was taken last is given back first.
      before.set(index, [call, ...(before.get(index) ?? [])]);
    });
  }
  const loops = facts.loops.filter(({ condFirst }) => !entered.has(condFirst));
  return insertNodes({ ...facts, variables, nodes, loops }, { before, after: new Map() }).facts;
}

function sectionAt(
  { scopedLocks }: Library,
  facts: FunctionFacts,
  node: CfgNode,
  index: number,
): Section | undefined {
  const used = usedAt(facts, node, index);
  const form = used && scopedLocks.macros.get(used.name);
  if (!used || form === undefined || (form === 'called') !== (used.statement === undefined)) return undefined;
  const lock = used.args[form === 'called' ? 0 : form - 1];
  const known = used.of?.k === 'name' ? scopedLocks.classes.get(used.of.n) : undefined;
  if (!lock || !known) return undefined;
  return {
    node: index,
    keeps: used.keeps,
    lock,
    ...known,
    ...(used.named === undefined ? {} : { named: used.named }),
    ...(used.statement ? { statement: used.statement } : {}),
  };
}

function nothing(node: CfgNode | undefined): CfgNode {
  return { op: 'nop', at: node?.at ?? [0, 0], next: node?.next ?? [] };
}

function mayBeUse(node: CfgNode): boolean {
  if (node.op === 'nop') return node.head !== undefined;
  return node.op === 'call' && node.keeps !== undefined && node.callee.k === 'result';
}

function usedAt(facts: FunctionFacts, node: CfgNode, index: number): Use | undefined {
  if (node.op === 'nop' && node.head) {
    const { name, args, keeps } = node.head;
    const [of, ...rest] = args;
    const [entry = -1] = node.next;
    const at = facts.nodes[entry];
    return at?.op === 'nop' && at.turns
      ? { name, of, args: rest, keeps, statement: { entry, turns: at.turns } }
      : undefined;
  }
  if (node.op !== 'call' || node.keeps === undefined || node.callee.k !== 'result') return undefined;
  const inner = facts.nodes[node.callee.n];
  if (inner?.op !== 'call' || inner.callee.k !== 'name' || node.callee.n >= index) return undefined;
  return {
    name: inner.callee.n,
    of: inner.args[0],
    args: node.args,
    keeps: node.keeps,
    named: node.callee.n,
  };
}

/** What reads as a loop is its statement, once; where the lock is not taken, not at all. Gives the loop's first node. */
function onlyOnce(
  models: Library,
  nodes: CfgNode[],
  { node, takes }: Section,
  { entry, turns }: Statement,
): number {
  const at = nodes[entry]?.at ?? [0, 0];
  const { cond, body, exit } = turns;
  let behind = exit;
  while (nodes[behind]?.op === 'nop') behind = nodes[behind]?.next[0] ?? -1;
  const turn = firstOf(nodes, body);
  const { lock, success } = models.functions.get(takes) ?? {};
  const result: Expr = { k: 'result', n: node };
  const isTaken: Expr = success === 0 ? { k: 'un', op: '!', e: result } : result;
  const isSure = lock?.op === 'acquire' && success === undefined;
  // Behind the scope's end nothing is left of a lock that was not taken.
  const unless = nodes[behind]?.next[0] ?? behind;
  nodes[entry] = isSure
    ? { op: 'nop', at, next: [turn] }
    : { op: 'branch', cond: isTaken, at, next: [turn, unless] };
  nodes[cond] = { ...nothing(nodes[cond]), next: [exit] };
  return cond;
}

/** A loop would give its variables values in each turn. */
function firstOf(nodes: readonly CfgNode[], body: number): number {
  let index = body;
  for (let node = nodes[index]; node?.op === 'assign' || index === body; node = nodes[index]) {
    if (node?.op === 'assign' && node.from.k !== 'unknown') break;
    index = node?.next[0] ?? index;
  }
  return index;
}
