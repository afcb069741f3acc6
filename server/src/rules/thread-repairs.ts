/** What repairs a lost thread: what the analysis knows of it, and the edits that are made of that later. */
import type { Analysis } from '../analysis/analysis';
import { isUnavoidable } from '../analysis/paths/control-dependence';
import type { Creation, Leak } from '../analysis/threads/thread-facts';
import type { Expr } from '../facts/expr';
import type { ThreadModel } from '../models/schema';
import { classOf } from '../program/identity';
import type { Fn, Program } from '../program/program';
import { insertAfterSuccess } from './edits/after-success';
import { insertBeforeExit } from './edits/before-exit';
import { createDetached } from './edits/create-detached';
import { normalise } from './edits/layout';
import type { Fix, RuleFinding, TextEdit } from './finding';
import { type FixSource, placeOf } from './rule';

type Data = Record<string, string | number | boolean>;

export function repairData(analysis: Analysis, leak: Leak, others: readonly Leak[], handle: string): Data {
  const { creation } = leak;
  const exits = [leak, ...others].filter((one) => one.kind === 'exit');
  const places = exits.map(({ at }) => placeOf(at.fn, at.node)).map(({ start, end }) => `${start}-${end}`);
  const owner = leak.kind === 'stored' ? ownerOf(analysis.program, leak) : undefined;
  return {
    kind: leak.kind,
    never: leak.never,
    handle,
    ...textsOf(analysis, creation),
    ...(exits.length > 0 ? { exits: places.join(' '), always: exits.every(({ always }) => always) } : {}),
    ...loopOf(creation),
    ...(owner ? { ownerHandle: owner.handle, ownerStart: owner.start, ownerEnd: owner.end } : {}),
    unused: isUnusedOtherwise(creation),
  };
}

/** How the creating call's library writes a join and a detach, and how it says success. */
function textsOf(analysis: Analysis, creation: Creation): Data {
  let made = creation;
  while (made.inner) made = made.inner;
  const target = analysis.program.targets[made.fn.id]?.get(made.node);
  if (target?.kind !== 'model' || target.model.thread?.op !== 'create') return {};
  const { joinText, detachText, detachedTexts } = target.model.thread as ThreadModel & { op: 'create' };
  return {
    ...(joinText ? { joinText } : {}),
    ...(detachText ? { detachText } : {}),
    ...(detachedTexts && made === creation ? { detachedTexts: JSON.stringify(detachedTexts) } : {}),
    ...(made === creation ? { success: target.model.success ?? 0 } : {}),
  };
}

/** The loop around the creation; with its counter where it fills an array from the start: what is started is below it. */
function loopOf({ fn, node, handle }: Creation): Data {
  const loop = fn.facts.loops.find((one) => node >= one.first && node <= one.last);
  if (!loop) return {};
  const around = { loopStart: loop.span[0], loopEnd: loop.span[1] };
  if (handle.k !== 'index' || handle.i.k !== 'var') return around;
  const { v } = handle.i;
  const start = fn.facts.nodes.findLast(
    (one, index) => index < loop.first && one.op === 'assign' && one.to.k === 'var' && one.to.v === v,
  );
  if (start?.op !== 'assign' || start.from.k !== 'num' || start.from.v !== 0) return around;
  const name = fn.facts.variables[v]?.name;
  return name ? { ...around, counter: name } : around;
}

/** The handle is a local that only the creating call mentions. */
function isUnusedOtherwise({ fn, node, handle }: Creation): boolean {
  if (handle.k !== 'var' || handle.v < fn.facts.params) return false;
  const { v } = handle;
  const names = (e: Expr): boolean => JSON.stringify(e).includes(`{"k":"var","v":${v}}`);
  return fn.facts.nodes.every((one, index) => {
    if (index === node) return true;
    if (one.op === 'call') return !one.args.some(names);
    if (one.op === 'assign') return !names(one.from) && !names(one.to);
    if (one.op === 'branch') return !names(one.cond);
    return one.op !== 'return' || !one.value || !names(one.value);
  });
}

/** The one function that gives the owner of the handle back, and the call that does. */
function ownerOf(
  program: Program,
  { creation, place }: Leak,
): { handle: string; start: number; end: number } | undefined {
  const fields = fieldsOf(creation.handle);
  if (!fields || !place) return undefined;
  const found: { fn: Fn; node: number; v: number }[] = [];
  for (const fn of program.fns) {
    for (const [node, target] of program.targets[fn.id] ?? []) {
      const call = fn.facts.nodes[node];
      if (target.kind !== 'model' || target.model.allocates !== 'frees' || call?.op !== 'call') continue;
      const given = call.args[0]?.k === 'cast' ? call.args[0].e : call.args[0];
      if (given?.k !== 'var' || fn === creation.fn) continue;
      const handle = fields.reduce<Expr>((of, f) => ({ k: 'field', of, f }), { k: 'deref', of: given });
      if (classOf(program, fn, handle)?.key === place.key) found.push({ fn, node, v: given.v });
    }
  }
  const [only] = found;
  if (found.length !== 1 || !only || only.fn.unit !== creation.fn.unit) return undefined;
  if (only.v >= only.fn.facts.params || !isUnavoidable(only.fn.facts.nodes, only.node)) return undefined;
  const { start, end } = placeOf(only.fn, only.node);
  return { handle: `${only.fn.facts.variables[only.v]?.name}->${fields.join('.')}`, start, end };
}

/** `o->inner.thread` as its fields; undefined for anything else. */
function fieldsOf(e: Expr): string[] | undefined {
  if (e.k !== 'field' || e.f.startsWith('{')) return undefined;
  if (e.of.k === 'deref') return [e.f];
  const outer = fieldsOf(e.of);
  return outer && [...outer, e.f];
}

export function repairs(finding: RuleFinding, source: FixSource): Fix[] {
  if (isInMacro(finding, source)) return [];
  return [
    ...detachFix(finding, source),
    ...joinFix(finding, source),
    ...ownerFix(finding, source),
    ...detachedFix(finding, source),
  ];
}

/** The handle is a macro's: its element or its loop is nothing that the text at the use could name. */
function isInMacro(finding: RuleFinding, source: FixSource): boolean {
  const { start, end } = finding.place;
  const [name] = /^\w+(?=.*\[)/.exec(text(finding, 'handle') ?? '') ?? [];
  return name !== undefined && !source.text.slice(start, end).includes(name);
}

function text(finding: RuleFinding, key: string): string | undefined {
  const value = finding.data?.[key];
  return typeof value === 'string' && !value.includes('…') ? value : undefined;
}

/** Where some path joins the thread, detaching it would make that join wrong. */
function detachFix(finding: RuleFinding, source: FixSource): Fix[] {
  const { data, place } = finding;
  const template = text(finding, 'detachText');
  const handle = text(finding, 'handle');
  if (!template || !handle || data?.success === undefined || data.kind === 'guarded') return [];
  if (data.never !== true) return [];
  const statement = `${template.replace('{}', handle)};`;
  const edits = insertAfterSuccess({
    file: source.file,
    text: source.text,
    root: source.root,
    callStart: place.start,
    callEnd: place.end,
    success: typeof data.success === 'string' ? { name: data.success } : 'zero',
    statement,
  });
  return edits ? [{ title: `Insert \`${statement}\` after the creation`, preferred: true, edits }] : [];
}

/** A join before each of the exits that leave the thread behind. */
function joinFix(finding: RuleFinding, source: FixSource): Fix[] {
  const { data } = finding;
  const template = text(finding, 'joinText');
  const handle = text(finding, 'handle');
  const exits = text(finding, 'exits')?.split(' ') ?? [];
  if (!template || !handle || data?.kind !== 'exit' || exits.length === 0) return [];
  const counter = text(finding, 'counter');
  const join = `${template.replace('{}', handle)};`;
  const statement = counter ? `while (${counter}-- > 0) ${join}` : join;
  const edits: TextEdit[] = [];
  for (const exit of exits) {
    const [exitStart = 0, exitEnd = 0] = exit.split('-').map(Number);
    const isInLoop = exitStart >= Number(data.loopStart) && exitEnd <= Number(data.loopEnd);
    // Behind the loop its counter is gone or says something else; elsewhere each way there must have the thread.
    if (data.loopStart !== undefined && !isInLoop) return [];
    if (!counter && data.always !== true) return [];
    const { file, text: own, root } = source;
    const one = insertBeforeExit({ file, text: own, root, exitStart, exitEnd, statement });
    if (!one) return [];
    edits.push(...one);
  }
  const where = exits.length === 1 ? 'this exit' : `each of ${exits.length} exits`;
  return [
    {
      title: `Insert \`${statement}\` before ${where}`,
      preferred: data.never !== true,
      edits: normalise(edits),
    },
  ];
}

/** A join where the owner of the handle is given back. */
function ownerFix(finding: RuleFinding, source: FixSource): Fix[] {
  const template = text(finding, 'joinText');
  const handle = text(finding, 'ownerHandle');
  const { ownerStart, ownerEnd } = finding.data ?? {};
  if (!template || !handle || typeof ownerStart !== 'number' || typeof ownerEnd !== 'number') return [];
  const statement = `${template.replace('{}', handle)};`;
  const { file, text: own, root } = source;
  const edits = insertBeforeExit({
    file,
    text: own,
    root,
    exitStart: ownerStart,
    exitEnd: ownerEnd,
    statement,
  });
  return edits
    ? [{ title: `Insert \`${statement}\` where its owner is freed`, preferred: false, edits }]
    : [];
}

/** The thread is detached from the start, where nothing uses its handle. */
function detachedFix(finding: RuleFinding, source: FixSource): Fix[] {
  const { data, place } = finding;
  const texts = text(finding, 'detachedTexts');
  if (!texts || data?.unused !== true || data.never !== true) return [];
  const { file, text: own, root } = source;
  const edits = createDetached({
    file,
    text: own,
    root,
    callStart: place.start,
    callEnd: place.end,
    texts: JSON.parse(texts),
  });
  return edits ? [{ title: 'Create the thread detached', preferred: false, edits }] : [];
}
