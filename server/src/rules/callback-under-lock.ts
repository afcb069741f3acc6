import { type ChainStep, endOf } from '../analysis/calls/reach';
import { type Callback, type CallbackHolder, findCallbackHolders } from '../analysis/locks/callbacks';
import { functionName, spell } from '../program/spelling';
import { heldNames, heldSteps } from './held-locks';
import { defineRule, placeOf } from './rule';
import { chainSteps, doubtsOf } from './runtime-wording';

const meta = {
  id: 'callback-under-lock',
  severity: 'off',
  title: 'Code that is decided elsewhere is called while a lock is held',
  cwe: [667],
  cert: [],
  misra: [],
  docs: `Whoever writes a callback or overrides a method does not see which locks its caller holds. If it takes the same
lock, or calls back into the interface that does, the thread waits for itself; if it takes others, they are
nested in an order that nobody has chosen. Many programs do this on purpose and with care, so the rule is off by
default.

## What it finds

A call through a pointer that was handed in or stored, or of a method that derived classes define, while a lock
is held: directly, or below the call of another function. The chain of calls is shown.

## Incorrect

    pthread_mutex_lock(&bus->lock);
    for (int i = 0; i < bus->count; i++)
        bus->listeners[i].notify(bus->listeners[i].data, event);
    pthread_mutex_unlock(&bus->lock);

## Correct

    pthread_mutex_lock(&bus->lock);
    int count = copy_listeners(bus, listeners);
    pthread_mutex_unlock(&bus->lock);
    for (int i = 0; i < count; i++)
        listeners[i].notify(listeners[i].data, event);

## Known problems

A method is known to be virtual only where its class does not define it itself.
`,
} as const;

/** Conditions on the way down that nobody has shown to hold together. */
const MAX_DOUBTS = 2;

export const callbackUnderLock = defineRule<CallbackHolder>({
  meta,
  detect: findCallbackHolders,

  report({ program }, { fn, node, held, chain }) {
    const names = heldNames(program, held);
    const what = calledBack(chain);
    const who = chain.next ? `\`${functionName(chain.next.fn.facts)}\` calls ${what}` : `${what} is called`;
    return {
      rule: meta.id,
      confidence: doubtsOf(chain) > MAX_DOUBTS ? 'possible' : 'likely',
      place: placeOf(fn, node),
      message: `${who} while ${names} ${held.length > 1 ? 'are' : 'is'} held: what runs there is decided elsewhere and may want the lock itself.`,
      flows: [
        {
          title: `called under ${names.replaceAll('`', '')}`,
          steps: [...heldSteps(held), ...chainSteps(chain, `${what} is called`)],
        },
      ],
    };
  },
});

function calledBack(chain: ChainStep<Callback>): string {
  const { fn, end } = endOf(chain);
  const name = end ? spell(fn.facts, end.callee) : '…';
  const kind = end?.kind === 'virtual' ? 'the virtual method' : 'the function pointer';
  return name.includes('…') ? kind.replace('the', 'a') : `${kind} \`${name}\``;
}
