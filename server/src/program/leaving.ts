/** `return`, `goto`, `break` and `continue` in a macro act in the function that uses it. */
import type { Expr } from '../facts/expr';
import type { CfgNode, FunctionFacts } from '../facts/facts';
import { type Frame, push, type Ref, refOf } from './frames';
import { spelled } from './substitution';

/** Where the life of each variable ends that has an end which matters, at the latest. */
export function livesOf(facts: FunctionFacts): Map<number, number> {
  const lives = new Map<number, number>();
  for (const node of facts.nodes) {
    if (node.op !== 'scope-end') continue;
    for (const v of node.vars) lives.set(v, Math.max(lives.get(v) ?? 0, node.at[1]));
  }
  return lives;
}

/** Adds what a statement does that leaves the macro of this frame. */
export function leave(frame: Frame, node: CfgNode & { op: 'return' }, value: Expr | undefined): void {
  const { out } = frame;
  const how = node.leaves ?? 'return';
  const target = how === 'return' ? undefined : targetOf(frame, how);
  const inMacro = out.root.facts.kind === 'macro';
  if (target) {
    const vars = inMacro ? [] : endedAt(frame, target.at);
    if (vars.length > 0) push(out, { op: 'scope-end', vars, at: out.site, next: [] }, [target.ref]);
    else push(out, { op: 'nop', at: out.site, next: [] }, [target.ref]);
    return;
  }
  const vars = inMacro ? [] : endedAt(frame, undefined);
  if (vars.length > 0)
    push(out, { op: 'scope-end', vars, at: out.site, next: [] }, [
      { index: out.nodes.length + 1, to: undefined },
    ]);
  const leaves = inMacro ? { leaves: spelled(frame, how) } : {};
  const given = value ? { value } : {};
  if (how === 'return' || inMacro)
    push(out, { op: 'return', at: out.site, next: [], ...given, ...leaves }, []);
  else push(out, { op: 'nop', at: out.site, next: [] }, []);
}

/** Variables that live at the use and no longer at the target; without one, all that live. */
function endedAt({ out }: Frame, target: number | undefined): number[] {
  const live = (v: number, at: number): boolean => {
    const from = out.variables[v]?.span[0] ?? at;
    return from < at && at <= (out.lives.get(v) ?? -1);
  };
  return [...out.lives.keys()]
    .filter((v) => live(v, out.site[0]) && (target === undefined || !live(v, target)))
    .sort((a, b) => b - a);
}

/** The node a jump comes to: in the macros around, innermost first, and at last in the function. */
function targetOf(frame: Frame, how: string): { ref: Ref; at: number } | undefined {
  let label = spelled(frame, how);
  for (let use = frame.use; use; use = use.parent.use) {
    const { parent, call } = use;
    const { nodes } = parent.facts;
    const index =
      how === 'break'
        ? behind(nodes, call)
        : how === 'continue'
          ? again(parent.facts, call)
          : nodes.findIndex((node) => node.op === 'nop' && node.label === label);
    if (index >= 0) return { ref: refOf(parent, index), at: nodes[index]?.at[0] ?? 0 };
    label = spelled(parent, label);
  }
  return undefined;
}

/** Behind the innermost loop or switch around a node; -1 where there is none. */
function behind(nodes: readonly CfgNode[], call: number): number {
  let found = -1;
  let first = -1;
  nodes.forEach((node, index) => {
    if (node.op !== 'nop' || node.behind === undefined || index < call) return;
    if (node.behind > call || node.behind <= first) return;
    first = node.behind;
    found = index;
  });
  return found;
}

function again({ nodes, loops }: FunctionFacts, call: number): number {
  let first = -1;
  for (const loop of loops) if (loop.first <= call && call <= loop.last) first = Math.max(first, loop.first);
  const landing = nodes.findIndex((node, index) => node.op === 'nop' && node.again === first && index > call);
  return first >= 0 && landing >= 0 ? landing : first;
}
