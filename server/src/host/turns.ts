/** Turns of the event loop. */

/** Resolves when what has arrived meanwhile was looked at; a timer would wait a millisecond more each time. */
export function eventLoopTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
