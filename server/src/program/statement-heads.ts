/** Macros that are the head of their user's statement: of a condition that declares something, or of a loop. */
import type { Expr } from '../facts/expr';
import type { CfgNode } from '../facts/facts';
import { expressionsOf, namesIn } from './expressions';
import { alias, type Frame, refOf } from './frames';
import type { Fn } from './program';
import { mayExpand, objectFrame, placeOf } from './substitution';

/** Copies nodes `lo` up to `hi` of a frame. */
type CopyRange = (frame: Frame, lo: number, hi: number) => void;

/** The macro that is the head of a statement, if it declares something for that. */
export function headOf(frame: Frame, node: CfgNode): Fn | undefined {
  const macro = node.op === 'nop' && node.head ? macroAt(frame, node.head.name) : undefined;
  return macro?.facts.macro?.hole !== undefined && mayExpand(frame, macro) ? macro : undefined;
}

/** The macro that a name means where the frame stands. */
function macroAt(frame: Frame, name: string): Fn | undefined {
  const { table, root } = frame.out;
  return table.has(name) ? table.named(root.unit, name, placeOf(frame)) : undefined;
}

/** What a head does before its statement; what comes behind that is left to the end of the scope. */
export function expandHead(frame: Frame, index: number, macro: Fn, copyRange: CopyRange): void {
  const node = frame.facts.nodes[index];
  const hole = macro.facts.macro?.hole;
  if (node?.op !== 'nop' || !node.head || hole === undefined) return;
  const inner = objectFrame(frame, macro, index);
  const { use } = inner;
  if (!use) return;
  use.args = node.head.args.map((expr) => ({ expr, lo: index, hi: index }));
  use.exit = refOf(frame, node.next[0] ?? -1);
  keep(inner, node.head.keeps);
  alias(refOf(frame, index), refOf(inner, 0));
  for (let at = hole; at < macro.facts.nodes.length; at++) alias(refOf(inner, at), use.exit);
  copyRange(inner, 0, hole);
}

/** What a macro declares ends with the scope in which the function uses it, or what uses it. */
export function keep(inner: Frame, keeps: number | undefined): void {
  const { use } = inner;
  if (!use || keeps === undefined) return;
  const outer = use.parent.use;
  if (!outer) use.keeps = keeps;
  else if (outer.macro.facts.macro?.keeps === keeps) use.keeps = outer.keeps;
}

/** The macro that is the head of a loop, if it does something behind each turn that a plain loop would not. */
export function loopHeadOf(frame: Frame, node: CfgNode): Fn | undefined {
  const macro = node.op === 'nop' && node.turns ? macroAt(frame, node.turns.name) : undefined;
  const turn = macro?.facts.macro?.turn;
  // One that declares what ends with it is expanded for that.
  if (!macro || turn === undefined || macro.facts.macro?.hole !== undefined) return undefined;
  if (macro.facts.damaged || !mayExpand(frame, macro)) return undefined;
  return actsBehind(macro.facts.nodes, turn) ? macro : undefined;
}

/** Something is called for what it does, `once = (unlock(m), 0)`, and not for what it gives, `e = next(e)`. */
function actsBehind(nodes: readonly CfgNode[], turn: number): boolean {
  const read = new Set<number>();
  const note = (part: Expr): void => {
    if (part.k === 'result') read.add(part.n);
  };
  for (const node of nodes) for (const e of expressionsOf(node)) namesIn(e, note);
  return nodes.some(({ op }, index) => index > turn && op === 'call' && !read.has(index));
}

/** The macro's loop in the place of the one that its user's text was read as. */
export function expandLoopHead(frame: Frame, index: number, macro: Fn, copyRange: CopyRange): boolean {
  const node = frame.facts.nodes[index];
  const turn = macro.facts.macro?.turn;
  const next = turn === undefined ? undefined : macro.facts.nodes[turn]?.next[0];
  if (node?.op !== 'nop' || !node.turns || turn === undefined || next === undefined) return false;
  const { args, cond, body, exit } = node.turns;
  const inner = objectFrame(frame, macro, index);
  const { use } = inner;
  if (!use) return false;
  use.args = args.map((expr) => ({ expr, lo: index, hi: index }));
  use.exit = refOf(frame, exit);
  alias(refOf(frame, index), refOf(inner, 0));
  alias(refOf(inner, turn), refOf(frame, body));
  alias(refOf(frame, cond), refOf(inner, next));
  frame.replaced ??= new Set();
  for (let at = cond; at < body; at++) frame.replaced.add(at);
  copyRange(inner, 0, turn);
  copyRange(inner, turn + 1, macro.facts.nodes.length);
  return true;
}
