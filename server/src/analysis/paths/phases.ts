/**
 * State machines: variables that say in which of several phases a loop is.
 *
 * Where two ways to a place leave the same state, what they know is joined. Of a variable with three or more values
 * that decide what the next turn does, the join would know none: such values keep the ways apart.
 */
import type { Expr } from '../../facts/expr';
import type { CfgNode } from '../../facts/facts';
import { type Environment, lookup } from './entries';
import type { NameInfo } from './environment';

/** The phase at a node, as far as values say; empty where no loop around the node has one. */
export type Phases = (index: number, env: Environment) => string;

/** A machine with more phases is not told apart, nor one with fewer: there what is held says which one it is. */
const MAX_PHASES = 8;
const MIN_PHASES = 3;
/** Of a counter the first turns are told apart. */
const MAX_COUNT = 2;

interface Machine {
  key: string;
  values: ReadonlySet<unknown>;
  first: number;
  last: number;
}

const NO_PHASES: Phases = () => '';
const known = new WeakMap<readonly CfgNode[], readonly Machine[]>();

/** Finds the state machines of a function. */
export function phasesOf(nodes: readonly CfgNode[], names: NameInfo): Phases {
  let machines = known.get(nodes);
  if (!machines) {
    machines = machinesIn(nodes, names);
    known.set(nodes, machines);
  }
  if (machines.length === 0) return NO_PHASES;
  const all = machines;
  return (index, env) => {
    let phase = '';
    for (const { key, values, first, last } of all) {
      if (index < first || index > last) continue;
      const value = lookup(key, env)?.eq;
      if (values.has(value)) phase += `;${key}=${value}`;
    }
    return phase;
  };
}

function machinesIn(nodes: readonly CfgNode[], names: NameInfo): Machine[] {
  const loops = loopsIn(nodes);
  if (loops.length === 0) return [];
  const { values, copies } = valuesGiven(nodes, names);
  return [...values].flatMap(([v, given]) => {
    if (given.size < MIN_PHASES || given.size > MAX_PHASES) return [];
    // `state = more ? NEXT : DONE` chooses in a variable of its own.
    const carriers = [v, ...copies.filter(({ to }) => to === v).map(({ from }) => from)];
    return loops
      .filter((loop) => isTestedIn(nodes, v, loop))
      .flatMap((loop) => carriers.map((carrier) => ({ key: `v${carrier}`, values: given, ...loop })));
  });
}

/** Loops by the nodes that they go back to and come from; of those that go back to one node the longest. */
function loopsIn(nodes: readonly CfgNode[]): { first: number; last: number }[] {
  const found = new Map<number, number>();
  nodes.forEach(({ next }, index) => {
    for (const target of next) if (target <= index) found.set(target, index);
  });
  return [...found].map(([first, last]) => ({ first, last }));
}

interface Given {
  values: Map<number, Set<number>>;
  copies: readonly { from: number; to: number }[];
}

/** The constants that each local variable is given; without those that are given something else as well. */
function valuesGiven(nodes: readonly CfgNode[], names: NameInfo): Given {
  const values = new Map<number, Set<number>>();
  const others = new Set<number>();
  const copies: { from: number; to: number }[] = [];
  for (const node of nodes) {
    if (node.op === 'call')
      for (const arg of node.args) if (arg.k === 'addr' && arg.of.k === 'var') others.add(arg.of.v);
    if (node.op !== 'assign') continue;
    const { to, from } = node;
    if (from.k === 'addr' && from.of.k === 'var') others.add(from.of.v);
    if (to.k !== 'var') continue;
    const given = values.get(to.v) ?? new Set();
    values.set(to.v, given);
    const value = constantIn(from, names);
    if (value !== undefined) given.add(value);
    else if (isCounted(to.v, from)) for (let count = 0; count <= MAX_COUNT; count++) given.add(count);
    else if (from.k === 'var') copies.push({ from: from.v, to: to.v });
    else others.add(to.v);
  }
  for (const { from, to } of copies) {
    const source = others.has(from) ? undefined : values.get(from);
    if (!source) others.add(to);
    else for (const value of source) values.get(to)?.add(value);
  }
  for (const v of others) values.delete(v);
  return { values, copies };
}

function constantIn(e: Expr, names: NameInfo): number | undefined {
  const value = e.k === 'num' ? e.v : e.k === 'name' ? names.constant(e.n) : undefined;
  return typeof value === 'number' ? value : undefined;
}

/** `v++` */
function isCounted(v: number, from: Expr): boolean {
  return from.k === 'bin' && from.op === '+' && from.l.k === 'var' && from.l.v === v && from.r.k === 'num';
}

/** A loop in which the variable is given a value and decides by equality what is done. */
function isTestedIn(
  nodes: readonly CfgNode[],
  v: number,
  { first, last }: { first: number; last: number },
): boolean {
  let isGiven = false;
  let isTested = false;
  for (let index = first; index <= last; index++) {
    const node = nodes[index];
    if (node?.op === 'assign' && node.to.k === 'var' && node.to.v === v) isGiven = true;
    if (node?.op === 'switch' && isVariable(node.on, v)) isTested = true;
    if (node?.op === 'branch' && isEquality(node.cond, v)) isTested = true;
  }
  return isGiven && isTested;
}

function isEquality(e: Expr, v: number): boolean {
  if (e.k === 'un' && e.op === '!') return isVariable(e.e, v) || isEquality(e.e, v);
  if (e.k !== 'bin' || (e.op !== '==' && e.op !== '!=')) return isVariable(e, v);
  return isVariable(e.l, v) || isVariable(e.r, v);
}

function isVariable(e: Expr, v: number): boolean {
  return e.k === 'var' ? e.v === v : e.k === 'cast' && isVariable(e.e, v);
}
