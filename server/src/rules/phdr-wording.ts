/** What the rules on callbacks of the loader share. */
import type { LoaderCallback } from '../analysis/runtime/loader-callbacks';
import { functionName } from '../program/spelling';
import type { Flow } from './finding';
import { step } from './rule';

/** The call that holds the loader's lock while it runs the callback. */
export function underLoader({ fn, node, callee, callback }: LoaderCallback): Flow {
  const name = functionName(callback.facts);
  return {
    title: 'under the loader lock',
    steps: [step(fn, node, `\`${callee}\` takes the loader's lock and calls \`${name}\``)],
  };
}
