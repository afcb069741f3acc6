/** The body of a function while the ends of its objects are put into it. */
import type { Expr, TypeRef } from '../facts/expr';
import type { CfgNode, VariableFacts } from '../facts/facts';
import type { Ending, Endings } from './endings';
import type { Insertions } from './insertion';
import type { Fn, Program, Target } from './program';
import type { CallNames } from './targets';

export interface Life extends Insertions {
  names: CallNames;
  program: Program;
  endings: Endings;
  fn: Fn;
  nodes: CfgNode[];
  variables: VariableFacts[];
  targets: Map<number, Target>;
  /** Targets of the nodes that are put in. */
  made: Map<CfgNode, Target>;
  changed: boolean;
}

/** Puts nodes behind another one. */
export function follow(life: Life, index: number, list: readonly CfgNode[]): void {
  if (list.length === 0) return;
  life.after.set(index, [...list, ...(life.after.get(index) ?? [])]);
  life.changed = true;
}

/** Puts the ends of an object before or behind a node. */
export function put(
  life: Life,
  where: Map<number, CfgNode[]>,
  index: number,
  object: Expr,
  ends: readonly Ending[],
  at: CfgNode['at'],
): void {
  if (ends.length === 0) return;
  const list = where.get(index) ?? [];
  for (const { path, fn, model } of ends) {
    const receiver = path.reduce<Expr>(
      (of, step) => (step === '*' ? { k: 'deref', of } : { k: 'field', of, f: step }),
      object,
    );
    const callee: Expr = { k: 'field', of: receiver, f: '{destructor}' };
    const node: CfgNode = { op: 'call', callee, args: [], at, next: [] };
    if (fn) life.made.set(node, { kind: 'function', fn, receiver });
    if (model) life.made.set(node, { kind: 'model', ...model, receiver });
    list.push(node);
  }
  where.set(index, list);
  life.changed = true;
}

/** What a call gives back that only passes its argument on, as `std::move` does. */
export function passedOn({ fn, targets }: Life, e: Expr): Expr {
  const call = e.k === 'result' ? fn.facts.nodes[e.n] : undefined;
  const target = e.k === 'result' ? targets.get(e.n) : undefined;
  const isSame = target?.kind === 'model' && target.model.returns === '0';
  return (isSame && call?.op === 'call' && call.args[0]) || e;
}

/** The type of the object that a reference means. */
export function plain(type: TypeRef): TypeRef {
  return type.ref ? { ...type, ref: false } : type;
}
