/**
 * Where objects end: a call of `{destructor}` for everything that runs when a scope, a full expression, a
 * `delete` or a destructor's body ends.
 *
 * Facts only say which variables a scope owns; what their types end with stands in other files. Whatever ends
 * without an effect that is known gets no node.
 */
import type { Expr, TypeRef } from '../facts/expr';
import type { CfgNode, FunctionFacts } from '../facts/facts';
import type { Ending, Endings } from './endings';
import { expressionsOf, namesIn } from './expressions';
import { insertNodes } from './insertion';
import { follow, type Life, passedOn, plain, put } from './life';
import { destinationOf, lastOfExpression } from './objects';
import { areOwned, keepsWhatItOwns } from './owners';
import { membersBegin, membersMove, partsMade, partsMoved, partsReturned, valuesIn } from './parts';
import { type CallNode, type Fn, lastPart, type Program, type Target } from './program';
import { returnedObject } from './returned-objects';
import { type CallNames, targetOf } from './targets';

export interface Lived {
  facts: FunctionFacts;
  targets: Map<number, Target>;
}

const THIS: Expr = { k: 'deref', of: { k: 'this' } };

/** The function with the ends of its objects; undefined where there are none. */
export function withLifetimes(
  names: CallNames,
  program: Program,
  endings: Endings,
  fn: Fn,
  targets: Map<number, Target>,
): Lived | undefined {
  const { facts } = fn;
  const life: Life = {
    names,
    program,
    endings,
    fn,
    nodes: [...facts.nodes],
    variables: [...facts.variables],
    targets,
    made: new Map(),
    before: new Map(),
    after: new Map(),
    changed: false,
  };
  facts.nodes.forEach((node, index) => {
    if (node.op === 'return') partsReturned(life, node, index);
  });
  facts.nodes.forEach((node, index) => {
    if (node.op === 'call') callEnds(life, node, index);
    if (node.op === 'assign') moves(life, node, index);
    if (node.op === 'scope-end') scopeEnds(life, node, index);
  });
  if (facts.kind === 'destructor') bodyEnds(life);
  return life.changed ? finished(life) : undefined;
}

/** A constructor that nobody has written. */
function unwritten(life: Life, node: CallNode, index: number): void {
  const { callee, args, type, at } = node;
  if (args.length === 0) membersBegin(life, node, index);
  if (args.length > 0 && membersMove(life, node, index)) return;
  if (callee.k !== 'field' || callee.f !== '{constructor}' || !type) return;
  follow(
    life,
    index,
    partsMade(
      life,
      callee.of,
      type,
      args.map((e) => ({ e })),
      at,
    ),
  );
}

function callEnds(life: Life, node: CallNode, index: number): void {
  const target = life.targets.get(index);
  if (node.callee.k === 'field' && node.callee.f === '{destructor}') {
    destroyed(life, node, node.callee.of, index);
    return;
  }
  if (!target || target.kind === 'unknown') {
    unwritten(life, node, index);
    return;
  }
  const type = target.made ?? returnedObject(life.names, life.program, target);
  const ends = type ? endsOf(life, target, type) : [];
  // What an owner returns is followed as a pointer is; a guard that nobody takes ends at once.
  if (areOwned(ends)) {
    if (ends[0]?.model?.model.guard && isUnused(life.fn.facts.nodes, index))
      put(life, life.after, index, { k: 'result', n: index }, ends, node.at);
    return;
  }
  if (!type || (ends.length === 0 && !target.made)) return;
  const to = destinationOf(life.fn.facts, index);
  const object: Expr = { k: 'result', n: index };
  if (target.made && target.kind === 'model' && !target.model.guard) {
    const own: Expr = to.kind === 'variable' ? { k: 'var', v: to.v } : object;
    follow(
      life,
      index,
      partsMade(
        life,
        own,
        type,
        node.args.map((e) => ({ e })),
        node.at,
      ),
    );
  }
  if (to.kind === 'variable') {
    makeInPlace(life, target, type, to, index);
    return;
  }
  if (to.kind !== 'temporary' || ends.length === 0) return;
  const last = lastOfExpression(life.nodes, index);
  const isReturn = life.nodes[last]?.op === 'return';
  put(life, isReturn ? life.before : life.after, last, object, ends, life.nodes[last]?.at ?? node.at);
}

/** Nothing reads what a call gives. */
function isUnused(nodes: readonly CfgNode[], index: number): boolean {
  let used = false;
  for (const node of nodes)
    for (const e of expressionsOf(node))
      namesIn(e, (part) => {
        used ||= part.k === 'result' && part.n === index;
      });
  return !used;
}

function endsOf({ endings, fn }: Life, target: Target, type: TypeRef): readonly Ending[] {
  const { unit, facts } = target.kind === 'function' && !target.made ? target.fn : fn;
  return endings.ofType(unit, facts.name, type);
}

/** `auto g = guard(m)` makes `g` itself: there is no other object. */
function makeInPlace(
  life: Life,
  target: Target,
  type: TypeRef,
  { v, at }: { v: number; at: number },
  index: number,
): void {
  const variable = life.variables[v];
  const node = life.nodes[at];
  // Of a choice between two objects, both are made in the variable.
  const isInitial = node?.op === 'assign' || node?.op === 'nop';
  if (!variable || target.kind === 'unknown' || !isInitial || variable.type.ref) return;
  if (variable.type.base === 'auto') life.variables[v] = { ...variable, type };
  const object: Expr = { k: 'var', v };
  if (target.made) life.targets.set(index, { ...target, receiver: object });
  else if (target.kind === 'function') life.targets.set(index, { ...target, into: object });
  life.nodes[at] = { op: 'nop', at: node.at, next: node.next };
  life.changed = true;
}

/** `a = guard(m)` and `guard a = std::move(b)` where the class says what that does. */
function moves(life: Life, node: CfgNode & { op: 'assign' }, index: number): void {
  const { program, endings, fn } = life;
  const { to, from, at, next } = node;
  const values = node.decl ? valuesIn(life, from) : undefined;
  if (values && to.k === 'var' && !life.variables[to.v]?.type.ref) {
    const type = program.types.typeOf(program, fn, to);
    if (type.base) follow(life, index, partsMade(life, to, type, values, at));
    return;
  }
  // `a = {}` leaves an object as it was before anything was put into it.
  const isEmptied = from.k === 'init' && from.items.length === 0 && !node.decl;
  if (from.k !== 'result' && from.k !== 'var' && !isEmptied) return;
  const made = from.k === 'result' ? life.targets.get(from.n) : undefined;
  if (node.decl && made?.kind !== 'model') return;
  const declared = to.k === 'var' ? life.variables[to.v]?.type : undefined;
  if (declared && (declared.ptr > 0 || declared.ref || declared.base === '')) return;
  const type = plain(program.types.typeOf(program, fn, to));
  const ends = endings.ofType(fn.unit, fn.facts.name, type);
  const [only] = ends;
  if (ends.length !== 1 || only?.path.length !== 0) {
    if (node.decl) follow(life, index, partsMoved(life, ends, to, passedOn(life, from), at));
    return;
  }
  const f = node.decl ? '{constructor}' : 'operator=';
  const call: CallNode = { op: 'call', callee: { k: 'field', of: to, f }, args: [from], at, next };
  const target =
    memberOf(life, only, type, f, to) ?? (node.decl ? moving(life, { ...call, type }, index) : undefined);
  if (!target || (isEmptied && target.kind !== 'model')) return;
  life.nodes[index] = call;
  life.targets.set(index, target);
  life.changed = true;
}

/** The constructor that takes an object of its own class. */
function moving({ names, program, fn }: Life, call: CallNode, index: number): Target | undefined {
  const target = targetOf(names, program, fn, call, index);
  const { facts } = target.kind === 'function' ? target.fn : {};
  const asked = facts?.variables[0]?.type;
  const isOwn = facts?.params === 1 && asked?.ref && lastPart(asked.base) === lastPart(facts.name);
  return isOwn ? target : undefined;
}

/** Another member of the class that an ending belongs to. */
function memberOf(
  { program, fn }: Life,
  ending: Ending,
  type: TypeRef,
  f: string,
  to: Expr,
): Target | undefined {
  const [own = ''] = program.types.classChain(fn.unit, fn.facts.name, type.base);
  const name = `${own}::${f}`;
  const model = ending.model && program.models.functions.get(name);
  if (model) return { kind: 'model', name, model, receiver: to };
  const found = ending.fn && f === 'operator=' ? program.functionNamed(ending.fn.unit, name) : undefined;
  return found && { kind: 'function', fn: found, receiver: to };
}

/** `delete p` and `p->~conn()`. */
function destroyed(life: Life, node: CfgNode, object: Expr, index: number): void {
  const { program, endings, fn } = life;
  const ends = endings.ofType(fn.unit, fn.facts.name, plain(program.types.typeOf(program, fn, object)));
  const [only] = ends;
  const target = life.targets.get(index);
  if (only && ends.length === 1 && only.path.length === 0 && target?.kind === 'function') return;
  life.nodes[index] = { op: 'nop', at: node.at, next: node.next };
  life.targets.delete(index);
  life.changed = true;
  put(life, life.before, index, object, ends, node.at);
}

/** In reverse order of their making; what is returned is the caller's. */
function scopeEnds(life: Life, node: CfgNode & { op: 'scope-end' }, index: number): void {
  const { program, endings, fn } = life;
  for (const v of node.vars) {
    if (isGivenBack(life, node, v)) continue;
    const object: Expr | undefined = life.variables[v]?.type.ref ? boundTo(life, v) : { k: 'var', v };
    if (!object) continue;
    const known = life.variables[v]?.type;
    const type =
      known && known.base !== 'auto' && !known.ref ? known : program.types.typeOf(program, fn, object);
    const ends = endings.ofType(fn.unit, fn.facts.name, plain(type));
    if (!areOwned(ends) || keepsWhatItOwns(program, fn, v))
      put(life, life.before, index, object, ends, node.at);
  }
}

/** The object that a reference keeps alive: one that a call made or returned by value. */
function boundTo(life: Life, v: number): Expr | undefined {
  const { fn, targets } = life;
  const init = fn.facts.nodes.find(
    (node) => node.op === 'assign' && node.decl && node.to.k === 'var' && node.to.v === v,
  );
  if (init?.op !== 'assign' || init.from.k !== 'result') return undefined;
  const target = targets.get(init.from.n);
  return target &&
    target.kind !== 'unknown' &&
    (target.made ?? returnedObject(life.names, life.program, target))
    ? init.from
    : undefined;
}

function isGivenBack(life: Life, { next }: CfgNode, v: number): boolean {
  const after = next[0] === undefined ? undefined : life.nodes[next[0]];
  const value = after?.op === 'return' && after.value ? passedOn(life, after.value) : undefined;
  return value?.k === 'var' && value.v === v;
}

/** Members end after the body of their object's destructor. */
function bodyEnds(life: Life): void {
  const around = life.program.types.classAround(life.fn);
  const ends = around ? life.endings.ofMembers(around) : [];
  life.nodes.forEach((node, index) => {
    if (node.op === 'return') put(life, life.before, index, THIS, ends, node.at);
  });
}

function finished(life: Life): Lived {
  const facts = { ...life.fn.facts, nodes: life.nodes, variables: life.variables };
  if (life.before.size === 0 && life.after.size === 0) return { facts, targets: life.targets };
  const inserted = insertNodes(facts, life);
  const all: [number, Target][] = [];
  for (const [index, target] of life.targets)
    all.push([inserted.indexOf(index), renamed(target, inserted.rename)]);
  for (const [node, copies] of inserted.made) {
    const target = life.made.get(node);
    for (const index of copies) if (target) all.push([index, renamed(target, inserted.rename)]);
  }
  return { facts: inserted.facts, targets: new Map(all.sort(([a], [b]) => a - b)) };
}

function renamed(target: Target, rename: (e: Expr) => Expr): Target {
  if (target.kind === 'unknown' || !target.receiver) return target;
  const receiver = rename(target.receiver);
  return receiver === target.receiver ? target : { ...target, receiver };
}
