import { type ChainStep, endOf } from '../analysis/calls/reach';
import { type BlockedHolder, type Blocking, findBlockedHolders } from '../analysis/locks/blocking';
import { operandOf } from '../analysis/paths/operand';
import type { BlockingModel } from '../models/schema';
import { calleeName, functionName } from '../program/spelling';
import { heldNames, heldSteps, spins } from './held-locks';
import { joinUnderLock } from './join-under-lock';
import { defineRule, placeOf } from './rule';
import { chainSteps, doubtsOf } from './runtime-wording';

const meta = {
  id: 'blocking-under-lock',
  severity: 'information',
  title: 'A call that can wait without bound is made while a lock is held',
  cwe: [667],
  cert: ['POS52-C', 'CON05-C'],
  misra: [],
  docs: `Whoever wants the lock waits as long as its holder: for a peer that does not answer, for a child process, for a
timer. One slow connection stops all threads. Under a spinlock it is worse, as the others burn their processors
meanwhile; there the finding is a warning.

## What it finds

A call that can wait for something outside of the program's control (sleeping, the network, \`poll\`, a child
process, another thread, a semaphore, a file lock, the terminal) on a path on which a lock is held, in the same
function or any number of calls below. The chain of calls is shown.

## Incorrect

    pthread_mutex_lock(&cache->lock);
    if (!find(cache, key))
        insert(cache, key, fetch(key));      /* connects, sends and receives */
    pthread_mutex_unlock(&cache->lock);

## Correct

    pthread_mutex_lock(&cache->lock);
    found = find(cache, key);
    pthread_mutex_unlock(&cache->lock);
    if (!found) {
        value = fetch(key);
        pthread_mutex_lock(&cache->lock);
        insert(cache, key, value);
        pthread_mutex_unlock(&cache->lock);
    }

## What silences it

The lock is given back before the call, or by a function on the way to it; a timeout of zero; \`MSG_DONTWAIT\`,
\`WNOHANG\` and the like. Waiting on a condition variable gives its mutex back and is not meant; other locks held
meanwhile are the matter of \`cond-wait-holding-lock\`. Reads and writes of files are not reported, as most files
do not make anybody wait.

## Known problems

Whether a socket was made non-blocking elsewhere is not known.
`,
} as const;

/** Conditions on the way down that nobody has shown to hold together. */
const MAX_DOUBTS = 2;

/** Calls down to a wait that ends by itself, beyond which it is what a retry does that hardly ever comes. */
const MAX_STEPS = 3;

/** How many functions on the way may also return without waiting. */
function allowedFor(chain: ChainStep<Blocking>): number {
  let last = chain;
  let steps = 1;
  for (; last.next; last = last.next) steps++;
  const { fn, node, end } = last;
  const call = fn.facts.nodes[node];
  const timeout = end?.model.timeout;
  const given = call?.op === 'call' && timeout !== undefined ? operandOf(timeout, call.args) : undefined;
  const isTimed = end?.model.on === 'sleep' || (given !== undefined && !(given.k === 'num' && given.v === 0));
  return isTimed && steps > MAX_STEPS ? 0 : MAX_DOUBTS;
}

const WAITS: Readonly<Record<BlockingModel['on'], string>> = {
  sleep: 'sleeps',
  input: 'waits for input',
  network: 'waits for the network',
  process: 'waits for a child process',
  thread: 'waits for another thread to end',
  semaphore: 'waits for a semaphore',
  barrier: 'waits for other threads',
  event: 'waits for events',
  'file-lock': 'waits for a file lock',
};

export const blockingUnderLock = defineRule<BlockedHolder>({
  meta,
  detect(analysis) {
    const found = findBlockedHolders(analysis);
    const isJoin = ({ chain }: BlockedHolder): boolean => endOf(chain).end?.model.on === 'thread';
    if (!found.some(isJoin)) return found;
    // Where the thread needs the lock itself, more is wrong than that others wait.
    const told = joinUnderLock.run(analysis).flatMap(({ place, flows }) => {
      return [place, ...flows.flatMap(({ steps }) => steps)].map(({ file, start }) => `${file} ${start}`);
    });
    const deadlocks = new Set(told);
    return found.filter((one) => {
      const { file, start } = placeOf(one.fn, one.node);
      return !isJoin(one) || !deadlocks.has(`${file} ${start}`);
    });
  },

  report({ program }, { fn, node, held, chain }) {
    const end = endOf(chain).end;
    const callee = calleeName(end?.callee ?? '');
    const waits = end ? WAITS[end.model.on] : 'waits';
    const names = heldNames(program, held);
    const who = chain.next
      ? `\`${functionName(chain.next.fn.facts)}\` ${waits} (\`${callee}\`)`
      : `\`${callee}\` ${waits}`;
    const doubts = doubtsOf(chain);
    const isSpinlock = held.some((lock) => spins(program, lock));
    return {
      rule: meta.id,
      confidence: doubts === 0 ? 'certain' : doubts > allowedFor(chain) ? 'possible' : 'likely',
      ...(isSpinlock ? { severity: 'warning' as const } : {}),
      place: placeOf(fn, node),
      message: `${who} while ${names} ${held.length > 1 ? 'are' : 'is'} held: threads that want ${held.length > 1 ? 'them' : 'it'} ${isSpinlock ? 'spin' : 'wait'} as long.`,
      flows: [
        {
          title: `waits under ${names.replaceAll('`', '')}`,
          steps: [...heldSteps(held), ...chainSteps(chain, `\`${callee}\` ${waits}`)],
        },
      ],
    };
  },
});
