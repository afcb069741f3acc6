import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type CheckLoop, createCheckLoop } from '../../server/src/lsp/check-loop';
import { Cancelled, type CancelSignal } from '../../server/src/service/api';

/** A project whose check takes its time; `log` tells what happened, in order. */
function project(duration: number, rehearses = false) {
  const log: string[] = [];
  let bug: Error | undefined;
  const loop: CheckLoop = createCheckLoop({
    async apply() {
      log.push('apply');
    },
    async check(signal: CancelSignal) {
      log.push('check');
      for (let spent = 0; spent < duration; spent += 10) {
        await new Promise((resolve) => setTimeout(resolve, 10));
        if (signal.aborted) {
          log.push('abandoned');
          throw new Cancelled();
        }
      }
      if (bug !== undefined) throw bug;
      log.push('done');
    },
    failed: (error) => void log.push(`failed: ${error instanceof Error ? error.message : error}`),
    ...(rehearses ? { rehearse } : {}),
  });
  async function rehearse(signal: CancelSignal): Promise<void> {
    log.push('rehearse');
    await new Promise((resolve) => setTimeout(resolve, duration));
    log.push(signal.aborted ? 'broken off' : 'ready');
  }
  const breakWith = (error: Error | undefined): void => {
    bug = error;
  };
  return { log, loop, breakWith };
}

describe('the check loop', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
  afterEach(() => void vi.useRealTimers());

  it('waits for a pause in the typing and then checks once', async () => {
    const { log, loop } = project(0);
    for (let key = 0; key < 10; key++) {
      loop.changed('soon');
      await vi.advanceTimersByTimeAsync(60);
    }
    expect(log).toEqual([]);
    await vi.advanceTimersByTimeAsync(120);
    expect(log).toEqual(['apply', 'check', 'done']);
  });

  it('abandons a running check when an edit arrives, and answers who waits with the newer one', async () => {
    const { log, loop } = project(200);
    loop.changed('at once');
    await vi.advanceTimersByTimeAsync(50);
    loop.changed('soon');
    let answers = 0;
    void loop.settled().then(() => answers++);
    await vi.advanceTimersByTimeAsync(100);
    expect(log).toEqual(['apply', 'check', 'abandoned']);
    expect(answers).toBe(0);
    await vi.advanceTimersByTimeAsync(300);
    expect(log).toEqual(['apply', 'check', 'abandoned', 'apply', 'check', 'done']);
    expect(answers).toBe(1);
  });

  it('brings results now and then to someone who never stops typing', async () => {
    const { log, loop } = project(100);
    for (let key = 0; key < 100; key++) {
      loop.changed('soon');
      await vi.advanceTimersByTimeAsync(50);
    }
    expect(log.filter((each) => each === 'done').length).toBeGreaterThanOrEqual(2);
    await vi.advanceTimersByTimeAsync(1000);
    expect(log.at(-1)).toBe('done');
  });

  it('never lets a change reach the engine during a check', async () => {
    const { log, loop } = project(30);
    for (let change = 0; change < 40; change++) {
      loop.changed(change % 3 === 0 ? 'at once' : 'soon');
      await vi.advanceTimersByTimeAsync((change * 37) % 90);
    }
    await vi.advanceTimersByTimeAsync(1000);
    const ends = new Set(['done', 'abandoned']);
    log.forEach((each, index) => {
      if (each === 'check') expect(ends.has(log[index + 1] ?? '')).toBe(true);
    });
    expect(log.at(-1)).toBe('done');
  });

  it('goes on after a failed check with the next change', async () => {
    const { log, loop, breakWith } = project(10);
    breakWith(new Error('a bug'));
    loop.changed('at once');
    await vi.advanceTimersByTimeAsync(50);
    await loop.settled();
    expect(log).toEqual(['apply', 'check', 'failed: a bug']);
    breakWith(undefined);
    loop.changed('soon');
    await vi.advanceTimersByTimeAsync(200);
    expect(log.at(-1)).toBe('done');
  });

  it('makes ready for the next check once, when nothing happens behind the first', async () => {
    const { log, loop } = project(10, true);
    loop.changed('at once');
    await vi.advanceTimersByTimeAsync(2000);
    expect(log).toEqual(['apply', 'check', 'done', 'rehearse', 'ready']);
    loop.changed('at once');
    await vi.advanceTimersByTimeAsync(2000);
    expect(log.slice(5)).toEqual(['apply', 'check', 'done']);
  });

  it('lets no change reach the engine while it makes ready, and answers it then', async () => {
    const { log, loop } = project(200, true);
    loop.changed('at once');
    await vi.advanceTimersByTimeAsync(700);
    loop.changed('soon');
    await vi.advanceTimersByTimeAsync(1000);
    const first = ['apply', 'check', 'done', 'rehearse', 'broken off'];
    expect(log).toEqual([...first, 'apply', 'check', 'done']);
  });

  it('does not make ready while somebody types', async () => {
    const { log, loop } = project(0, true);
    for (let key = 0; key < 20; key++) {
      loop.changed('soon');
      await vi.advanceTimersByTimeAsync(200);
    }
    expect(log).not.toContain('rehearse');
    loop.stop();
    await vi.advanceTimersByTimeAsync(2000);
    expect(log).not.toContain('rehearse');
  });

  it('lets go of everybody who waits when it is stopped', async () => {
    const { log, loop } = project(1000);
    loop.changed('at once');
    const waiting = loop.settled();
    await vi.advanceTimersByTimeAsync(50);
    loop.stop();
    await waiting;
    loop.changed('at once');
    await vi.advanceTimersByTimeAsync(3000);
    expect(log).toEqual(['apply', 'check', 'abandoned']);
  });
});
