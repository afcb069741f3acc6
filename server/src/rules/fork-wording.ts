/** Steps that the rules on forks share. */
import type { ForkSite } from '../analysis/runtime/fork-facts';
import type { Site } from '../analysis/threads/thread-roots';
import { functionName } from '../program/spelling';
import type { Step } from './finding';
import { step } from './rule';

export function threadStep({ fn, node }: Site): Step {
  return step(fn, node, `\`${functionName(fn.facts)}\` starts a thread here, which may run at the fork`);
}

/** The fork, from the call whose result tells the child apart down to the library function. */
export function forkSteps(site: ForkSite): Step[] {
  const steps: Step[] = [];
  for (let at: ForkSite | undefined = site; at; at = at.inner) {
    const { fn, node, inner } = at;
    const name = functionName(fn.facts);
    steps.push(
      step(
        fn,
        node,
        inner
          ? `\`${name}\` calls \`${functionName(inner.fn.facts)}\`, which forks`
          : `\`${name}\` forks here by \`${at.callee}\``,
      ),
    );
  }
  return steps;
}
