/** Expressions of a macro as its user would have written them. */
import { type Expr, UNKNOWN } from '../facts/expr';
import { namesIn, type Replacement, rebuild } from './expressions';
import { type Frame, type MacroUse, newFrame } from './frames';
import type { Fn } from './program';

/** Macros in macros in macros. */
export const MAX_DEPTH = 6;

/** An expression of a frame in terms of the function that is being made. */
export function translate(frame: Frame, e: Expr): Expr {
  frame.replacement ??= frame.use ? inMacro(frame) : inFunction(frame);
  return rebuild(e, frame.replacement);
}

const same = (name: string): string => name;

function inFunction(frame: Frame): Replacement {
  const leaf = (e: Expr): Expr => {
    if (e.k === 'result') return resultOf(frame, e);
    if (e.k !== 'name') return e;
    if (frame.out.table.hasObject(e.n)) return nameOf(frame, e);
    // What a macro has declared in front of it is no name any more.
    const local = frame.out.locals.get(e.n)?.find((v) => v >= frame.out.root.facts.variables.length);
    return local === undefined ? e : { k: 'var', v: local };
  };
  return { leaf, field: same, type: same };
}

function inMacro(frame: Frame): Replacement {
  const leaf = (e: Expr): Expr => {
    if (e.k === 'result') return resultOf(frame, e);
    if (e.k === 'name') return nameOf(frame, e);
    return e.k === 'var' ? variable(frame, e.v) : e;
  };
  return {
    leaf,
    field: (name) => spelled(frame, name),
    type: (name) => (parameter(frame, name) >= 0 ? spelled(frame, name) : name),
  };
}

function resultOf(frame: Frame, e: Expr & { k: 'result' }): Expr {
  const known = frame.results.get(e.n);
  if (known) return known.k === 'result' && known.n === e.n ? e : known;
  return frame.part ? resultOf(frame.part.of, e) : UNKNOWN;
}

function variable(frame: Frame, v: number): Expr {
  const use = frame.use;
  if (!use) return { k: 'var', v };
  const { facts, out } = frame;
  if (v < facts.params) return argumentValue(frame, v);
  const known = use.variables.get(v);
  if (known !== undefined) return { k: 'var', v: known };
  const made = out.variables.length;
  const own = facts.variables[v];
  const name = spelled(frame, own?.name ?? '');
  out.variables.push({ type: { base: '', ptr: 0, arr: 0 }, ...own, name, span: out.site });
  if (outlives(frame, v)) out.locals.set(name, [made, ...(out.locals.get(name) ?? [])]);
  if (isKept(use, v)) {
    out.kept.set(use.keeps, [made, ...(out.kept.get(use.keeps) ?? [])]);
    out.lives.set(made, out.lives.get(use.keeps) ?? 0);
  }
  use.variables.set(v, made);
  return { k: 'var', v: made };
}

/**
 * A variable whose name a macro pastes together is declared for its user: `pthread_t kind##_ids[4]`. What C++ makes
 * there is an object that ends with the scope of the use, where that scope keeps a variable for it.
 */
export function outlives(frame: Frame, v: number): boolean {
  const { facts, out } = frame;
  if (isKept(frame.use, v)) return true;
  if (out.root.unit.language !== 'c' || v < facts.params) return false;
  return facts.variables[v]?.name.includes('$') === true || facts.macro?.declares?.includes(v) === true;
}

/** Whether a macro declares a variable for a scope of the function. */
function isKept(use: MacroUse | undefined, v: number): use is MacroUse & { keeps: number } {
  return use?.keeps !== undefined && use.macro.facts.macro?.declares?.includes(v) === true;
}

function argumentValue(frame: Frame, p: number): Expr {
  const use = frame.use;
  const arg = use?.args[p];
  if (!use || !arg) return { k: 'unknown' };
  return arg.value ?? translate(use.parent, arg.expr);
}

/** Index of a macro's parameter by name. */
function parameter(frame: Frame, name: string): number {
  const { variables, params } = frame.facts;
  for (let p = 0; p < params; p++) if (variables[p]?.name === name) return p;
  return -1;
}

/** A name in a macro's text: parameters give way to what was written for them, and `$` joins. */
export function spelled(frame: Frame, name: string): string {
  if (!frame.use) return name;
  if (!name.includes('$') && parameter(frame, name) < 0) return name;
  const parts = name.split(/\$+/).map((part) => {
    const p = parameter(frame, part);
    return p < 0 ? part : wordOf(frame, argumentValue(frame, p));
  });
  return parts.includes(undefined) ? name : parts.join('');
}

function wordOf(frame: Frame, e: Expr): string | undefined {
  if (e.k === 'name') return e.n;
  if (e.k === 'num') return String(e.v);
  return e.k === 'var' ? frame.out.variables[e.v]?.name : undefined;
}

/** What a name is in the function: pasted, one of its variables, or an object-like macro. */
function nameOf(frame: Frame, e: Expr & { k: 'name' }): Expr {
  const written = e.n;
  const given = frame.objects?.get(written) ?? frame.part?.of.objects?.get(written);
  if (given) return given;
  const name = spelled(frame, written);
  if (frame.use) {
    const local = localNamed(frame, name);
    if (local !== undefined) return { k: 'var', v: local };
  }
  const macro = objectNamed(frame, name);
  const unchanged: Expr = name === written ? e : { k: 'name', n: name };
  if (!macro || !frame.out.table.traits(macro).isValue) return unchanged;
  const value = macro.facts.nodes.find((node) => node.op === 'return');
  if (value?.op !== 'return' || !value.value) return unchanged;
  return translate(objectFrame(frame, macro, -1), value.value);
}

/** The variable of the function that a name means at the use: the last one declared in front of it. */
export function localNamed({ out }: Frame, name: string): number | undefined {
  for (const v of out.locals.get(name) ?? []) {
    if ((out.root.facts.variables[v]?.span[0] ?? 0) >= out.site[0]) continue;
    if ((out.lives.get(v) ?? out.site[0]) >= out.site[0]) return v;
  }
  return undefined;
}

/** The object-like macro that a name means here, unless it is being expanded already. */
export function objectNamed(frame: Frame, name: string): Fn | undefined {
  const { out } = frame;
  if (!out.table.hasObject(name)) return undefined;
  const macro = out.table.named(out.root.unit, name, placeOf(frame));
  return macro?.facts.macro?.object && mayExpand(frame, macro) ? macro : undefined;
}

/** Where a name is looked up: at the use in the function, or anywhere in a macro's own text. */
export function placeOf({ out }: Frame): number {
  return out.root.facts.kind === 'macro' ? Number.POSITIVE_INFINITY : out.site[0];
}

/** A macro is not expanded in itself, nor too deep. */
export function mayExpand(frame: Frame, macro: Fn): boolean {
  if (macro === frame.out.root) return false;
  let use = frame.use;
  if (use && use.depth >= MAX_DEPTH) return false;
  for (; use; use = use.parent.use) if (use.macro === macro) return false;
  return true;
}

export function objectFrame(parent: Frame, macro: Fn, call: number): Frame {
  const frame = newFrame(parent.out, macro.facts);
  frame.use = {
    macro,
    parent,
    call,
    args: [],
    variables: new Map(),
    depth: (parent.use?.depth ?? 0) + 1,
    exit: { index: -1, to: undefined },
  };
  return frame;
}

/** Object-like macros in these expressions that do more than give a value, in the order they stand. */
export function activeObjects(frame: Frame, exprs: readonly Expr[]): [string, Fn][] {
  const found: [string, Fn][] = [];
  for (const e of exprs) {
    namesIn(e, (part) => {
      if (part.k !== 'name' || (!frame.out.table.hasObject(part.n) && !part.n.includes('$'))) return;
      const name = spelled(frame, part.n);
      if (frame.use && localNamed(frame, name) !== undefined) return;
      const macro = objectNamed(frame, name);
      if (macro && !frame.out.table.traits(macro).isValue) found.push([part.n, macro]);
    });
  }
  return found;
}
