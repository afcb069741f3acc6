/**
 * A control-flow graph as a reader follows it: one line for each way from the entry, with what happens on it.
 *
 * `[x > 0]` and `[not x > 0]` are the ways out of a branch, `[x is 3]` and `[x is default]` those of a switch,
 * `~ again: e` a way back to what this way has already passed, with the event it comes to next. A way that ends
 * neither with `return` nor `again` ends with `stop`.
 */

import type { Expr } from '../../server/src/facts/expr';
import type { CfgNode, FunctionFacts } from '../../server/src/facts/facts';
import { spell } from '../../server/src/program/spelling';

/** More ways than this are a test that nobody can read. */
const MAX_WAYS = 64;

/** The ways through a function, in the order of its branches. Throws where there are too many. */
export function waysOf(fn: FunctionFacts): string[] {
  const ways: string[] = [];
  follow(fn, 0, [], [], ways);
  return ways;
}

function follow(
  fn: FunctionFacts,
  index: number | undefined,
  passed: readonly number[],
  events: readonly string[],
  ways: string[],
): void {
  if (ways.length > MAX_WAYS) throw new Error(`${fn.name} has more than ${MAX_WAYS} ways`);
  const node = index === undefined ? undefined : fn.nodes[index];
  if (index === undefined || !node) throw new Error(`${fn.name} has a way to node ${index}, which is none`);
  if (passed.includes(index)) {
    ways.push([...events, `~ again: ${nextEvent(fn, index)}`].join('; '));
    return;
  }
  const event = eventOf(fn, node);
  const here = event ? [...events, event] : events;
  if (node.next.length === 0) ways.push([...here, ...(node.op === 'return' ? [] : ['stop'])].join('; '));
  node.next.forEach((next, slot) => {
    const choice = choiceOf(fn, node, slot);
    follow(fn, next, [...passed, index], choice ? [...here, choice] : here, ways);
  });
}

/** What happens first from a node on. */
function nextEvent(fn: FunctionFacts, from: number): string {
  const seen = new Set<number>();
  for (let at = from; !seen.has(at); at = fn.nodes[at]?.next[0] ?? from) {
    seen.add(at);
    const node = fn.nodes[at];
    if (!node) break;
    const event = eventOf(fn, node) ?? (node.op === 'branch' ? `[${write(fn, node.cond)}]` : undefined);
    if (event) return event;
  }
  return 'nothing';
}

function choiceOf(fn: FunctionFacts, node: CfgNode, slot: number): string | undefined {
  if (node.op === 'branch') return `[${slot === 0 ? '' : 'not '}${write(fn, node.cond)}]`;
  if (node.op !== 'switch') return undefined;
  const value = node.cases[slot];
  return `[${write(fn, node.on)} is ${value ? write(fn, value) : 'default'}]`;
}

function eventOf(fn: FunctionFacts, node: CfgNode): string | undefined {
  switch (node.op) {
    case 'call':
      return `${write(fn, node.callee)}(${node.args.map((arg) => write(fn, arg)).join(', ')})`;
    case 'assign':
      return `${write(fn, node.to)} = ${write(fn, node.from)}`;
    case 'return':
      return node.value ? `return ${write(fn, node.value)}` : 'return';
    case 'scope-end': {
      // One without a name stands for what macros may declare.
      const names = node.vars.flatMap((v) => fn.variables[v]?.name || []);
      return names.length > 0 ? `end of ${names.join(', ')}` : undefined;
    }
    default:
      return undefined;
  }
}

function write(fn: FunctionFacts, e: Expr): string {
  switch (e.k) {
    case 'str':
      return e.s;
    case 'lambda':
      return 'lambda';
    case 'init':
      return `{${e.items.map((item) => `${item.f ? `.${item.f} = ` : ''}${write(fn, item.e)}`).join(', ')}}`;
    default:
      return spell(fn, e);
  }
}
