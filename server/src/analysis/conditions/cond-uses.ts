/** Conditions whose every use is visible, and is none that could wake somebody. */
import type { Expr } from '../../facts/expr';
import type { UnitFacts } from '../../facts/facts';
import { expressionsOf, namesIn } from '../../program/expressions';
import { classOf, mayOverlap, type PlaceClass } from '../../program/identity';
import type { CallNode, Fn, Program, Target } from '../../program/program';
import { operandOf } from '../paths/operand';

export interface SilentConditions {
  /** Nothing in the workspace can signal it, as far as all of its uses show. */
  isSilent(condition: PlaceClass): boolean;
}

/** Looks at every mention of these conditions once. */
export function findSilent(program: Program, conditions: readonly PlaceClass[]): SilentConditions {
  const names = new Set(conditions.flatMap((cls) => lastName(cls) ?? []));
  const used = new Set<PlaceClass>();
  const units = new Map<PlaceClass, Set<UnitFacts>>();
  const memo = new Map<string, boolean>();
  const touch = (fn: Fn, part: Expr, isHarmless: boolean): void => {
    const cls = classOf(program, fn, part);
    for (const condition of conditions) {
      if (cls ? !mayOverlap(cls, condition) : !mayBe(fn.unit, part, condition)) continue;
      units.set(condition, (units.get(condition) ?? new Set()).add(fn.unit));
      // What has no type here may be any field of that name.
      if (!cls || !isHarmless) used.add(condition);
    }
  };
  if (names.size > 0) {
    for (const fn of program.fns) {
      fn.facts.nodes.forEach((node, index) => {
        const target = program.targets[fn.id]?.get(index);
        for (const [slot, e] of expressionsOf(node).entries()) {
          const whole = e.k === 'cast' ? e.e : e;
          const operand = node.op === 'call' && whole.k === 'addr' ? whole.of : undefined;
          namesIn(e, (part) => {
            const name = nameOf(part);
            if (name === undefined || !names.has(name)) return;
            const isHarmless =
              (part === operand && node.op === 'call' && isKeptStill(program, node, target, slot, memo)) ||
              (slot === 0 && e.k === 'field' && e.of === part && isQuiet(target, 'this'));
            touch(fn, part, isHarmless);
          });
        }
      });
    }
  }
  const isGiven = (cls: PlaceClass): boolean =>
    program.units.some(
      (unit) =>
        sees(unit, cls) &&
        unit.globals.some(({ init }) => init !== undefined && mentions(init, lastName(cls))),
    );
  return {
    isSilent(condition) {
      if (used.has(condition) || condition.key.startsWith('#') || condition.key.endsWith('*')) return false;
      const seen = [...(units.get(condition) ?? [])];
      if (seen.some(({ losses }) => losses.some(({ kind }) => kind === 'function' || kind === 'file')))
        return false;
      return !isGiven(condition);
    },
  };
}

/** Given to a call that initialises it, ends it or waits for it, and does nothing else with it. */
function isKeptStill(
  program: Program,
  node: CallNode,
  target: Target | undefined,
  slot: number,
  memo: Map<string, boolean>,
): boolean {
  const arg = node.args[slot - 1];
  if (!arg || !target) return false;
  if (target.kind === 'model') {
    const { condition } = target.model;
    if (!condition || condition.op === 'signal' || condition.op === 'broadcast') return false;
    const operand = operandOf(condition.condition, node.args, target.receiver);
    return operand !== undefined && (arg === operand || (arg.k === 'addr' && arg.of === operand));
  }
  return target.kind === 'function' && keepsStill(program, target.fn, slot - 1, memo);
}

/** A parameter that is only waited for, initialised or ended. */
function keepsStill(program: Program, fn: Fn, param: number, memo: Map<string, boolean>): boolean {
  const key = `${fn.id} ${param}`;
  const known = memo.get(key);
  if (known !== undefined) return known;
  memo.set(key, false);
  const isStill =
    param < fn.facts.params &&
    !fn.facts.damaged &&
    fn.facts.nodes.every((node, index) =>
      expressionsOf(node).every((e, slot) => {
        let isUsed = false;
        namesIn(e, (part) => {
          isUsed ||= part.k === 'var' && part.v === param;
        });
        if (!isUsed) return true;
        const whole = e.k === 'cast' ? e.e : e;
        if (node.op === 'branch' || node.op === 'nop') return true;
        const target = program.targets[fn.id]?.get(index);
        return whole.k === 'var' && node.op === 'call' && slot > 0 && givesStill(program, target, slot, memo);
      }),
    );
  memo.set(key, isStill);
  return isStill;
}

/** A pointer parameter handed on as it is. */
function givesStill(
  program: Program,
  target: Target | undefined,
  slot: number,
  memo: Map<string, boolean>,
): boolean {
  if (target?.kind === 'function') return keepsStill(program, target.fn, slot - 1, memo);
  return isQuiet(target, `*${slot - 1}`);
}

/** A library call that initialises, ends or waits for the condition in this operand. */
function isQuiet(target: Target | undefined, operand: string): boolean {
  const condition = target?.kind === 'model' ? target.model.condition : undefined;
  if (!condition || condition.op === 'signal' || condition.op === 'broadcast') return false;
  return condition.condition === operand;
}

/** A mention whose type is not known, where the condition's declaration can be seen. */
function mayBe(unit: UnitFacts, part: Expr, condition: PlaceClass): boolean {
  return lastName(condition) === nameOf(part) && sees(unit, condition);
}

function sees(unit: UnitFacts, { key }: PlaceClass): boolean {
  const home = key.slice(0, key.indexOf('#'));
  const base = home.slice(home.lastIndexOf('/') + 1);
  return unit.file === home || unit.includes.some(({ path }) => path === base || path.endsWith(`/${base}`));
}

function nameOf(e: Expr): string | undefined {
  if (e.k === 'field') return e.f;
  return e.k === 'name' ? e.n : undefined;
}

/** The field or variable that a class ends in. */
function lastName({ key }: PlaceClass): string | undefined {
  return /([A-Za-z_]\w*)(?:\[\w*\]|\*)*$/.exec(key)?.[1];
}

function mentions(init: Expr, name: string | undefined): boolean {
  let found = false;
  namesIn(init, (part) => {
    found ||= part.k === 'addr' && nameOf(part.of) === name;
  });
  return found;
}
