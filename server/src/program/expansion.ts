/**
 * Macros that are not like functions, expanded where they are used: the macro's graph takes the place of the call.
 *
 * What the macro's text would do in the function, its graph does there: `return`, `goto` and `break` act in the
 * function, an argument is evaluated wherever its parameter stands, and names mean what they mean at the use.
 * Copied nodes have the place of the use. The analysis sees the outcome only.
 */
import type { Expr } from '../facts/expr';
import type { CfgNode, FunctionFacts } from '../facts/facts';
import { expressionsOf, namesIn } from './expressions';
import {
  type Argument,
  alias,
  copyLoops,
  type Frame,
  indexOf,
  isOwn,
  newFrame,
  type Output,
  ownerOf,
  parameterPassed,
  push,
  type Ref,
  refOf,
} from './frames';
import { leave, livesOf } from './leaving';
import type { MacroTable } from './macros';
import type { CallNode, Fn } from './program';
import { expandHead, expandLoopHead, headOf, keep, loopHeadOf } from './statement-heads';
import {
  activeObjects,
  localNamed,
  mayExpand,
  objectFrame,
  objectNamed,
  outlives,
  placeOf,
  translate,
} from './substitution';

/** A function whose macros would make it larger than this keeps the rest of them as calls. */
const MAX_NODES = 20_000;

/** A function's facts with its macros expanded; the facts themselves where none needs to be. */
export function expandMacros(fn: Fn, table: MacroTable, facts: FunctionFacts): FunctionFacts {
  const out: Output = {
    root: fn,
    table,
    nodes: [],
    ways: [],
    loops: [],
    variables: [...facts.variables],
    locals: localsOf(facts),
    site: facts.nameSpan,
    kept: new Map(),
    lives: livesOf(facts),
  };
  const root = newFrame(out, facts);
  if (!facts.nodes.some((node, index) => needsExpansion(root, node, index))) return facts;
  out.site = facts.nameSpan;
  copyRange(root, 0, facts.nodes.length);
  return { ...facts, variables: out.variables, nodes: finished(out), loops: out.loops };
}

function localsOf(facts: FunctionFacts): Map<string, readonly number[]> {
  const locals = new Map<string, readonly number[]>();
  facts.variables.forEach(({ name }, v) => {
    if (name !== '') locals.set(name, [v, ...(locals.get(name) ?? [])]);
  });
  return locals;
}

/** Whether a node of the function itself uses a macro that must be expanded. */
function needsExpansion(root: Frame, node: CfgNode, index: number): boolean {
  root.out.site = node.at;
  const { table } = root.out;
  if (node.op === 'call' && node.callee.k === 'name' && table.has(node.callee.n) && expandable(root, index))
    return true;
  if (headOf(root, node) || loopHeadOf(root, node)) return true;
  let found = false;
  for (const e of expressionsOf(node)) {
    namesIn(e, (part) => {
      found ||= part.k === 'name' && table.hasObject(part.n) && objectNamed(root, part.n) !== undefined;
    });
  }
  return found;
}

/** Ways that lead to nothing that was made end in a node of their own. */
function finished(out: Output): CfgNode[] {
  const sink = out.nodes.length;
  let used = false;
  out.nodes.forEach((node, index) => {
    node.next = (out.ways[index] ?? []).map((ref) => {
      const target = indexOf(ref);
      if (target >= 0) return target;
      used = true;
      return sink;
    });
  });
  if (used) out.nodes.push({ op: 'nop', at: out.site, next: [] });
  return out.nodes;
}

/** Copies nodes `lo` up to `hi` of a frame, with the macros among them expanded. */
function copyRange(frame: Frame, lo: number, hi: number): void {
  const starts = usesByStart(frame, lo, hi);
  const { out } = frame;
  for (let index = lo; index < hi; index++) {
    frame.begin[index - lo] = out.nodes.length;
    const call = starts.get(index)?.find((at) => at < hi && visited(frame, at) && expandable(frame, at));
    if (call === undefined) visited(frame, index);
    if (call === undefined) copyNode(frame, index);
    else {
      expandCall(frame, call, index);
      for (; index < call; index++) frame.end[index - lo] = out.nodes.length;
    }
    frame.end[index - lo] = out.nodes.length;
  }
  copyLoops(frame, lo, hi);
}

/** Names mean what they mean at this node. Always true. */
function visited(frame: Frame, index: number): boolean {
  if (isOwn(frame)) frame.out.site = frame.facts.nodes[index]?.at ?? frame.out.site;
  return true;
}

/** Calls by the first node of their arguments, the outermost first. */
function usesByStart(frame: Frame, lo: number, hi: number): Map<number, number[]> {
  const starts = new Map<number, number[]>();
  for (let index = hi - 1; index >= lo; index--) {
    const node = frame.facts.nodes[index];
    if (node?.op !== 'call' || !mayBeMacro(frame, node.callee)) continue;
    const start = node.parts?.[0] ?? index;
    const list = starts.get(start);
    if (list) list.push(index);
    else starts.set(start, [index]);
  }
  return starts;
}

function mayBeMacro({ out }: Frame, callee: Expr): boolean {
  return callee.k === 'name' ? out.table.has(callee.n) || callee.n.includes('$') : callee.k === 'var';
}

function calledMacro(frame: Frame, node: CallNode): Fn | undefined {
  const { out } = frame;
  const callee =
    node.callee.k === 'name' && !frame.use && !out.table.hasObject(node.callee.n)
      ? node.callee
      : translate(frame, node.callee);
  if (callee.k !== 'name' || !out.table.has(callee.n)) return undefined;
  const macro = out.table.named(out.root.unit, callee.n, placeOf(frame));
  return macro && !macro.facts.macro?.object && mayExpand(frame, macro) ? macro : undefined;
}

/** Whether a call is a macro's use that a call would not do justice to. */
function expandable(frame: Frame, index: number): boolean {
  const { out } = frame;
  const node = frame.facts.nodes[index];
  if (node?.op !== 'call' || out.nodes.length > MAX_NODES) return false;
  const macro = calledMacro(frame, node);
  if (!macro || macro.facts.damaged) return false;
  // A call by name would mean the definition that is left at the end of the file.
  if (macro.facts.macro?.until !== undefined) return true;
  const traits = out.table.traits(macro);
  if (traits.mustExpand || (node.parts && macro.facts.macro?.marked)) return true;
  for (const name of traits.free) if (localNamed(frame, name) !== undefined) return true;
  return false;
}

function expandCall(frame: Frame, index: number, start: number): void {
  const node = frame.facts.nodes[index];
  const macro = node?.op === 'call' ? calledMacro(frame, node) : undefined;
  if (node?.op !== 'call' || !macro) return;
  const inner = objectFrame(frame, macro, index);
  const { use } = inner;
  if (!use) return;
  const { variadic, params, macro: shape } = macro.facts;
  const last = params - 1;
  const args = node.args.length > params && variadic ? node.args.slice(0, params) : node.args;
  use.args = args.map((expr, i) => {
    const lo = node.parts?.[i] ?? index;
    const hi = variadic && i === last ? index : (node.parts?.[i + 1] ?? index);
    return variadic && i === last ? { expr, lo, hi, rest: node.args.slice(last) } : { expr, lo, hi };
  });
  use.exit = refOf(frame, node.next[0] ?? -1);
  keep(inner, node.keeps);
  let entry = refOf(frame, start);
  const before = frame.out.nodes.length;
  if (!shape?.marked) for (const arg of use.args) entry = evaluate(inner, arg, entry);
  entry = giveObjects(frame, node.args, index, entry);
  alias(entry, refOf(inner, 0));
  copyRange(inner, 0, macro.facts.nodes.length);
  if (frame.out.nodes.length === before) alias(refOf(inner, 0), use.exit);
  frame.results.set(index, use.value ?? { k: 'unknown' });
}

/** Copies an argument's nodes here; what leads to `entry` leads to them, and they lead to the result. */
function evaluate(inner: Frame, arg: Argument, entry: Ref): Ref {
  const { use } = inner;
  if (!use || arg.lo >= arg.hi) return entry;
  const { parent } = use;
  const passed = parameterPassed(parent, arg);
  if (passed !== undefined) {
    const given = parent.use?.args[passed];
    const end = given ? evaluate(ownerOf(parent), given, entry) : entry;
    arg.value = translate(parent, arg.expr);
    arg.restValues = arg.rest?.map((e) => translate(parent, e));
    return end;
  }
  const after: Ref = { index: -1, to: undefined };
  const part = newFrame(inner.out, parent.facts);
  part.use = parent.use;
  part.part = { of: parent, lo: arg.lo, hi: arg.hi, after };
  alias(entry, refOf(part, arg.lo));
  const { site } = inner.out;
  copyRange(part, arg.lo, arg.hi);
  inner.out.site = site;
  arg.value = translate(part, arg.expr);
  arg.restValues = arg.rest?.map((e) => translate(part, e));
  return after;
}

/** Does what the object-like macros in these expressions do, and remembers their values. */
function giveObjects(frame: Frame, exprs: readonly Expr[], index: number, entry: Ref, keeps?: number): Ref {
  let at = entry;
  for (const [name, macro] of activeObjects(frame, exprs)) {
    if (frame.out.nodes.length > MAX_NODES) break;
    const inner = objectFrame(frame, macro, index);
    keep(inner, keeps);
    alias(at, refOf(inner, 0));
    copyRange(inner, 0, macro.facts.nodes.length);
    at = inner.use?.exit ?? at;
    frame.objects ??= new Map();
    frame.objects.set(name, inner.use?.value ?? { k: 'unknown' });
  }
  return at;
}

function copyNode(frame: Frame, index: number): void {
  const node = frame.facts.nodes[index];
  if (!node) return;
  const { out } = frame;
  const head = headOf(frame, node);
  if (head) {
    expandHead(frame, index, head, copyRange);
    return;
  }
  const loopHead = loopHeadOf(frame, node);
  if (loopHead && expandLoopHead(frame, index, loopHead, copyRange)) return;
  if (frame.replaced?.has(index)) return;
  const use = frame.use;
  const ref = refOf(frame, index);
  const next = node.next.map((to) => refOf(frame, to));
  const [first] = next;
  if (use && node.op === 'nop' && (index === 0 || node.value?.k === 'var')) {
    const arg = node.value?.k === 'var' ? use.args[node.value.v] : undefined;
    const end = arg ? evaluate(ownerOf(frame), arg, ref) : ref;
    if (first) alias(end, first);
    return;
  }
  // Most macros are made of such joints, and are used by the thousand.
  if (use && first && isJoint(node, index)) {
    alias(ref, first);
    return;
  }
  if (use && node.op === 'return') {
    const end = giveObjects(frame, node.value ? [node.value] : [], index, ref);
    if (node.leaves) {
      place(out, end);
      leave(frame, node, node.value && translate(frame, node.value));
      return;
    }
    if (node.value) use.value = translate(frame, node.value);
    alias(end, use.exit);
    return;
  }
  const keeps = node.op === 'nop' ? node.keeps : undefined;
  const end = giveObjects(frame, expressionsOf(node), index, ref, keeps);
  if (node.op === 'nop' && node.value && end !== ref && first) {
    alias(end, first);
    return;
  }
  place(out, end);
  const made = push(out, copied(frame, node), next);
  if (node.op === 'call') frame.results.set(index, { k: 'result', n: made });
}

/** Nothing is done there, and there is one way on, ahead. */
function isJoint(node: CfgNode, index: number): boolean {
  if (node.op !== 'nop' || node.value || node.keeps !== undefined) return false;
  const [next] = node.next;
  return node.next.length === 1 && next !== undefined && next > index;
}

/** This is where the next copy goes. */
function place(out: Output, ref: Ref): void {
  ref.index = out.nodes.length;
}

function copied(frame: Frame, node: CfgNode): CfgNode {
  const at = isOwn(frame) ? node.at : frame.out.site;
  const next: number[] = [];
  const give = (e: Expr): Expr => translate(frame, e);
  switch (node.op) {
    case 'call': {
      const callee = give(node.callee);
      const args: Expr[] = [];
      for (const arg of node.args) {
        const all = arg.k === 'var' ? spread(frame, arg) : undefined;
        if (all) args.push(...all);
        else args.push(give(arg));
      }
      const { type, on } = node;
      const also = { ...(type ? { type } : {}), ...(on ? { on: give(on) } : {}) };
      return { op: 'call', callee, args, at, next, ...also };
    }
    case 'assign': {
      const to = give(node.to);
      const from = give(node.from);
      const { decl } = node;
      return decl ? { op: 'assign', to, from, decl, at, next } : { op: 'assign', to, from, at, next };
    }
    case 'declare':
      return { op: 'declare', v: variableOf(frame, node.v), at, next };
    case 'branch':
      return { op: 'branch', cond: give(node.cond), at, next };
    case 'switch':
      return {
        op: 'switch',
        on: give(node.on),
        cases: node.cases.map((test) => test && give(test)),
        at,
        next,
      };
    case 'return': {
      const leaves = node.leaves ? { leaves: node.leaves } : {};
      return { op: 'return', at, next, ...(node.value ? { value: give(node.value) } : {}), ...leaves };
    }
    case 'scope-end':
      return { op: 'scope-end', vars: endingIn(frame, node.vars), at, next };
    case 'nop': {
      const made: CfgNode = { op: 'nop', at, next };
      if (node.value) made.value = give(node.value);
      return made;
    }
  }
}

function variableOf(frame: Frame, v: number): number {
  const given = translate(frame, { k: 'var', v });
  return given.k === 'var' ? given.v : v;
}

/** The variables that end here, with those that macros have declared. */
function endingIn(frame: Frame, vars: readonly number[]): number[] {
  if (isOwn(frame)) return vars.flatMap((v) => [...(frame.out.kept.get(v) ?? []), v]);
  return vars.filter((v) => !outlives(frame, v)).map((v) => variableOf(frame, v));
}

/** The arguments that stand for `__VA_ARGS__`. */
function spread(frame: Frame, arg: Expr): Expr[] | undefined {
  const owner = ownerOf(frame);
  const { use } = owner;
  const { variadic, params } = owner.facts;
  if (!use || !variadic || arg.k !== 'var' || arg.v !== params - 1) return undefined;
  const last = use.args[params - 1];
  return last?.restValues?.slice() ?? (last?.rest ?? []).map((e) => translate(use.parent, e));
}
