/** The call graph, its strongly connected components bottom-up, and which functions return. */
import type { Expr } from '../../facts/expr';
import type { Fn, Program } from '../../program/program';
import { assertedIn, noteAsserted } from './asserted';
import { kept, noteCallers, noteTrait } from './kept';
import { mentionedFunctions } from './names';
import { findPossibleCallees, type PossibleCallees } from './possible-callees';

export interface CallGraph {
  /** Callees by function id, without repeats, in order of first call. */
  callees: readonly (readonly number[])[];
  callers: readonly (readonly number[])[];
  /** What calls may reach through pointers and overriding methods. */
  possible: PossibleCallees;
  /** Strongly connected components, callees before callers; possible ones are callees as well. */
  components: readonly (readonly number[])[];
  /** True where no path from the entry comes to a return: `exit` wrappers, and routines that loop for ever. */
  neverReturns: readonly boolean[];
  /** True where some path ends the thread itself. */
  endsThread: readonly boolean[];
  /** Functions whose address is taken: code that is not seen may call them. */
  addressTaken: ReadonlySet<Fn>;
}

export function makeCallGraph(program: Program): CallGraph {
  const callees = program.fns.map((fn) => {
    const seen = new Set<number>();
    for (const target of program.targets[fn.id]?.values() ?? [])
      if (target.kind === 'function') seen.add(target.fn.id);
    return [...seen];
  });
  const callers: number[][] = callees.map(() => []);
  callees.forEach((list, caller) => {
    for (const callee of list) callers[callee]?.push(caller);
  });
  noteCallers(program, callers);
  const possible = findPossibleCallees(program, callers);
  const components = stronglyConnected(program.fns.map((fn) => allCallees(program, possible, fn)));
  const neverReturns: boolean[] = program.fns.map(() => false);
  const endsThread: boolean[] = program.fns.map(() => false);
  for (const component of components) {
    for (const id of component) {
      const fn = program.fns[id];
      if (!fn) continue;
      const look = (): Ends => endings(program, fn, neverReturns, endsThread);
      // Functions that call each other are looked at one behind the other, and which comes first may change.
      const ends = component.length === 1 ? kept(fn, 'endings', look) : look();
      neverReturns[id] = !ends.returns;
      endsThread[id] = ends.thread;
      noteAsserted(fn, ends.asserted);
      noteTrait(fn, 'returns', ends.returns);
      noteTrait(fn, 'ends its thread', ends.thread);
    }
  }
  return {
    callees,
    callers,
    possible,
    components,
    neverReturns,
    endsThread,
    addressTaken: mentionedFunctions(program),
  };
}

function allCallees(program: Program, possible: PossibleCallees, fn: Fn): number[] {
  const seen = new Set<number>();
  for (const [node, target] of program.targets[fn.id] ?? []) {
    if (target.kind === 'function') {
      seen.add(target.fn.id);
      for (const closure of closuresGiven(program, fn, node)) seen.add(closure.id);
    }
    for (const other of possible.at(fn, node)) seen.add(other.id);
  }
  return [...seen];
}

/** Closures that a call is given are known before their maker is: the callee may run them. */
function closuresGiven(program: Program, fn: Fn, node: number): readonly Fn[] {
  const call = fn.facts.nodes[node];
  if (fn.unit.language !== 'cpp' || call?.op !== 'call') return [];
  return call.args.flatMap((arg) =>
    arg.k === 'lambda' ? (program.functionNamed(fn.unit, arg.f) ?? []) : [],
  );
}

interface Ends {
  returns: boolean;
  /** What holds of its parameters where it returns. */
  asserted: readonly Expr[];
  thread: boolean;
}

/** Whether control passes a call: not after `exit`, nor after a function that never returns. */
export function returnsFrom(
  program: Program,
  fn: Fn,
  node: number,
  neverReturns: readonly boolean[],
): boolean {
  const target = program.targets[fn.id]?.get(node);
  // Behind a `throw` objects end, and a handler may follow.
  if (target?.kind === 'model') return !target.model.noreturn || target.model.unwinds === true;
  if (target?.kind === 'unknown') return !program.isNoReturn(fn.unit, target.name);
  if (target?.kind !== 'function') return true;
  const { facts, id, unit } = target.fn;
  if (facts.noreturn || neverReturns[id]) return false;
  return !program.isNoReturn(fn.unit, facts.name) && !program.isNoReturn(unit, facts.name);
}

function endings(
  program: Program,
  fn: Fn,
  neverReturns: readonly boolean[],
  endsThread: readonly boolean[],
): Ends {
  const { nodes } = fn.facts;
  const passes = (node: number): boolean => returnsFrom(program, fn, node, neverReturns);
  const seen = new Uint8Array(nodes.length);
  const queue = [0];
  let returns = false;
  let thread = false;
  for (let index = queue.pop(); index !== undefined; index = queue.pop()) {
    if (seen[index]) continue;
    seen[index] = 1;
    const node = nodes[index];
    if (!node) continue;
    if (node.op === 'return') returns = true;
    if (node.op === 'call') {
      const target = program.targets[fn.id]?.get(index);
      if (target?.kind === 'model' && target.model.ends === 'thread') thread = true;
      if (target?.kind === 'function' && endsThread[target.fn.id]) thread = true;
      if (!passes(index)) continue;
    }
    queue.push(...node.next);
  }
  const asserted = returns && !fn.facts.damaged ? assertedIn(program, fn, passes) : [];
  return { returns: returns || Boolean(fn.facts.damaged), thread, asserted };
}

/** Tarjan's algorithm without recursion: call chains of generated code are deeper than the stack. */
function stronglyConnected(graph: readonly (readonly number[])[]): number[][] {
  const count = graph.length;
  const index = new Int32Array(count).fill(-1);
  const low = new Int32Array(count);
  const onStack = new Uint8Array(count);
  const stack: number[] = [];
  const components: number[][] = [];
  let next = 0;
  for (let root = 0; root < count; root++) {
    if (index[root] !== -1) continue;
    const work: { node: number; child: number }[] = [{ node: root, child: 0 }];
    while (work.length > 0) {
      const frame = work[work.length - 1];
      if (!frame) break;
      const { node } = frame;
      if (frame.child === 0) {
        index[node] = low[node] = next++;
        stack.push(node);
        onStack[node] = 1;
      }
      const child = graph[node]?.[frame.child];
      if (child !== undefined) {
        frame.child++;
        if (index[child] === -1) work.push({ node: child, child: 0 });
        else if (onStack[child]) low[node] = Math.min(low[node] ?? 0, index[child] ?? 0);
        continue;
      }
      work.pop();
      const parent = work[work.length - 1];
      if (parent) low[parent.node] = Math.min(low[parent.node] ?? 0, low[node] ?? 0);
      if (low[node] !== index[node]) continue;
      const component: number[] = [];
      for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
        onStack[top] = 0;
        component.push(top);
        if (top === node) break;
      }
      components.push(component.sort((a, b) => a - b));
    }
  }
  return components;
}

/** These functions, what they call, and what that calls, by id. */
export function calledBelow(graph: CallGraph, from: readonly number[]): Set<number> {
  const seen = new Set<number>();
  const queue = [...from];
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    queue.push(...(graph.callees[id] ?? []));
  }
  return seen;
}
