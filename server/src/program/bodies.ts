/**
 * A function's body as the analysis sees it: members that are references read through, calls with what they
 * reach, and the ends of objects.
 *
 * Made from the function with its macros expanded, and from what its names and types mean; from nothing else.
 */
import type { FunctionFacts } from '../facts/facts';
import { withCallables } from './callables';
import { withCleanups } from './cleanups';
import type { Endings } from './endings';
import { withLifetimes } from './lifetimes';
import { withMembers } from './members';
import type { Fn, Program, Target } from './program';
import { type CallNames, targetOf } from './targets';

export interface Body {
  facts: FunctionFacts;
  targets: Map<number, Target>;
}

/**
 * Links a function's body. While it works, `show` gives what is there so far to whoever asks for the function's
 * facts and targets: types of results hang on them.
 */
export function linkBody(
  names: CallNames,
  program: Program,
  endings: Endings,
  fn: Fn,
  show: (body: Body) => void,
): Body {
  const isCpp = fn.unit.language === 'cpp';
  const own = withCallables(program, fn, isCpp ? withMembers(program, fn) : fn.facts);
  const facts = withCleanups(program, own);
  const targets = new Map<number, Target>();
  const body: Body = { facts, targets };
  show(body);
  facts.nodes.forEach((node, index) => {
    if (node.op === 'call') targets.set(index, targetOf(names, program, fn, node, index));
  });
  return (isCpp ? withLifetimes(program, endings, fn, targets) : undefined) ?? body;
}
