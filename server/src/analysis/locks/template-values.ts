/** What a call says of the template parameters of the function that it reaches: `put<false>(x)`. */
import type { Expr } from '../../facts/expr';
import type { FunctionFacts } from '../../facts/facts';
import type { CallNode } from '../../program/program';
import { argumentsWritten } from '../../program/type-text';
import { mapLeaves } from '../paths/access-path';

const WORDS: Readonly<Record<string, number>> = { true: 1, false: 0, nullptr: 0 };
const NUMBER = /^-?\d+$/;
const NAME = /^[A-Za-z_][\w:]*$/;

/** A callee's value with what its template parameters are here; undefined where the call does not say that. */
export function withTemplateValues(
  { templates }: FunctionFacts,
  { type }: CallNode,
  e: Expr,
): Expr | undefined {
  if (!templates) return e;
  const given = type?.args === undefined ? [] : argumentsWritten(type.args);
  let isKnown = true;
  const made = mapLeaves(e, (leaf) => {
    const at = leaf.k === 'name' ? templates.indexOf(leaf.n) : -1;
    if (at < 0) return leaf;
    const value = valueWritten(given[at] ?? '');
    isKnown &&= value !== undefined;
    return value ?? leaf;
  });
  return isKnown ? made : undefined;
}

function valueWritten(text: string): Expr | undefined {
  const v = WORDS[text] ?? (NUMBER.test(text) ? Number(text) : undefined);
  if (v !== undefined) return { k: 'num', v };
  return NAME.test(text) ? { k: 'name', n: text } : undefined;
}
