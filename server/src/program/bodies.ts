/**
 * A function's body as the analysis sees it: members that are references read through, calls with what they
 * reach, and the ends of objects.
 *
 * Made from the function with its macros expanded, and from what its names and types mean; from nothing else.
 */
import type { FunctionFacts } from '../facts/facts';
import { withBindings } from './bindings';
import { withCallables } from './callables';
import { withCleanups } from './cleanups';
import type { Endings } from './endings';
import { withGuardedObjects } from './guarded-objects';
import { withLifetimes } from './lifetimes';
import { withMembers } from './members';
import { withOperators } from './operators';
import { withOwners } from './owners';
import type { Fn, Program, Target } from './program';
import { type CallNames, targetOf } from './targets';

export interface Body {
  facts: FunctionFacts;
  targets: Map<number, Target>;
}

/** Shows what is there so far of a body to whoever asks for the function's facts and targets. */
type Show = (body: Body) => void;

/**
 * Links a function's body. While it works, `show` is given what there is so far: types of results hang on it.
 */
export function linkBody(names: CallNames, program: Program, endings: Endings, fn: Fn, show: Show): Body {
  const isCpp = fn.unit.language === 'cpp';
  const own = withCallables(program, fn, isCpp ? cppMembers(program, fn) : fn.facts);
  const body = withTargets(names, program, fn, withCleanups(program, fn, own), show);
  if (!isCpp) return body;
  let shown = body;
  for (const pass of [withBindings, withOperators, withOwners]) {
    const changed = pass(names, program, fn);
    if (changed) shown = withTargets(names, program, fn, changed, show);
  }
  return withLifetimes(names, program, endings, fn, shown.targets) ?? shown;
}

function cppMembers(program: Program, fn: Fn): FunctionFacts {
  return withGuardedObjects(program, fn, withMembers(program, fn));
}

/** What the calls of a body reach, one behind the other: a call may be one of a result of those before. */
function withTargets(names: CallNames, program: Program, fn: Fn, facts: FunctionFacts, show: Show): Body {
  const targets = new Map<number, Target>();
  const body: Body = { facts, targets };
  show(body);
  facts.nodes.forEach((node, index) => {
    if (node.op === 'call') targets.set(index, targetOf(names, program, fn, node, index));
  });
  return body;
}
