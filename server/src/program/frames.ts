/**
 * What a node of one graph becomes in another while macros are expanded.
 *
 * A frame is a graph being copied: the function itself, a macro at one of its uses, or (again) the nodes of one
 * argument. Each of its nodes has a `Ref`, which gets its index when the node's copy is made.
 */
import type { Expr, Span } from '../facts/expr';
import type { CfgNode, FunctionFacts, LoopFacts, VariableFacts } from '../facts/facts';
import type { Replacement } from './expressions';
import type { MacroTable } from './macros';
import type { Fn } from './program';

export interface Ref {
  index: number;
  /** Another node that stands for this one. */
  to: Ref | undefined;
}

export interface Frame {
  out: Output;
  facts: FunctionFacts;
  refs: (Ref | undefined)[];
  /** What the results of calls have become. */
  results: Map<number, Expr>;
  /** What object-like macros that do something have given, by name. */
  objects?: Map<string, Expr>;
  /** Nodes in whose place a macro's loop stands. */
  replaced?: Set<number>;
  /** Numbers of copies before and behind each node, for loops. */
  begin: number[];
  end: number[];
  /** The nodes of one argument, copied again: `lo` up to `hi` of this frame. */
  part?: { of: Frame; lo: number; hi: number; after: Ref };
  /** The use that it belongs to, also through arguments that are copied in it. */
  use?: MacroUse;
  /** Made when it is first needed. */
  replacement?: Replacement;
}

export interface MacroUse {
  macro: Fn;
  parent: Frame;
  /** The call in the parent; or the node that mentions an object-like macro. */
  call: number;
  args: Argument[];
  /** The macro's own variables in the function. */
  variables: Map<number, number>;
  depth: number;
  /** Where it stands for what its user keeps: the function's variable for what ends with that scope. */
  keeps?: number;
  exit: Ref;
  value?: Expr;
}

export interface Argument {
  expr: Expr;
  /** All that stands for `__VA_ARGS__`, and what it was when it was evaluated last. */
  rest?: readonly Expr[];
  restValues?: readonly Expr[];
  /** Its nodes in the parent. */
  lo: number;
  hi: number;
  /** What the expression was when it was evaluated last. */
  value?: Expr;
}

/** The function that is being made. */
export interface Output {
  root: Fn;
  table: MacroTable;
  nodes: CfgNode[];
  /** Ways on of each node. */
  ways: Ref[][];
  loops: LoopFacts[];
  variables: VariableFacts[];
  /** The function's variables by name, the last one first. */
  locals: Map<string, readonly number[]>;
  /** The use in the function itself that is being expanded. */
  site: Span;
  /** Objects that macros have declared, by the function's variable that stands for them; the last one first. */
  kept: Map<number, number[]>;
  /** Last place at which the life of a variable ends. */
  lives: Map<number, number>;
}

export function newFrame(out: Output, facts: FunctionFacts): Frame {
  return {
    out,
    facts,
    refs: [],
    results: new Map(),
    begin: [],
    end: [],
  };
}

export function refOf(frame: Frame, index: number): Ref {
  const { part } = frame;
  if (part && index === part.hi) return part.after;
  if (part && (index < part.lo || index > part.hi)) return refOf(part.of, index);
  const at = part ? index - part.lo : index;
  const known = frame.refs[at];
  if (known) return known;
  const made: Ref = { index: -1, to: undefined };
  frame.refs[at] = made;
  return made;
}

/** Lets one node stand for another. */
export function alias(ref: Ref, to: Ref): void {
  if (ref !== to && ref.to === undefined && ref.index < 0) ref.to = to;
}

/** The index a node has got, or -1: a macro that jumps to itself has none. */
export function indexOf(ref: Ref): number {
  let at = ref;
  for (let step = 0; at.to && step < 10_000; step++) at = at.to;
  return at.to ? -1 : at.index;
}

/** The frame whose argument's nodes these are, or itself. */
export function ownerOf(frame: Frame): Frame {
  return frame.part ? ownerOf(frame.part.of) : frame;
}

/** What most arguments in macros are: a parameter of the macro that is handed on, and nothing to be copied. */
export function parameterPassed(parent: Frame, { lo, hi }: Argument): number | undefined {
  const node = parent.facts.nodes[lo];
  if (hi !== lo + 1 || node?.op !== 'nop' || node.head || node.next[0] !== hi || !parent.use)
    return undefined;
  return node.value?.k === 'var' ? node.value.v : undefined;
}

/** True where nodes are copied from the function itself: those keep their places. */
export function isOwn(frame: Frame): boolean {
  return frame.use === undefined;
}

/** Adds a copy; its index. */
export function push(out: Output, node: CfgNode, ways: Ref[]): number {
  out.nodes.push(node);
  out.ways.push(ways);
  return out.nodes.length - 1;
}

/** The loops of what was copied, in the function. */
export function copyLoops(frame: Frame, lo: number, hi: number): void {
  const { begin, end, out } = frame;
  for (const loop of frame.facts.loops) {
    if (loop.first < lo || loop.last >= hi) continue;
    const first = begin[loop.first - lo];
    const last = (end[loop.last - lo] ?? 0) - 1;
    if (first === undefined || last < first) continue;
    const empty = loop.condLast < loop.condFirst;
    const condFirst = empty ? last + 1 : (begin[loop.condFirst - lo] ?? first);
    const condLast = empty ? last : Math.min((end[loop.condLast - lo] ?? condFirst + 1) - 1, last);
    const at = isOwn(frame) ? loop.span : out.site;
    out.loops.push({ ...loop, first, last, condFirst, condLast, span: at });
  }
}
