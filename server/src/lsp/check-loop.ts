/**
 * When to check: after edits have paused, again for each change, one check at a time.
 *
 * Invariants: `apply`, `check` and `rehearse` never overlap; a running check is abandoned when a change arrives, unless
 * results have been due for so long that slightly old ones are better than none; whoever waits is answered as
 * soon as a check covers the changes that came before the question.
 */
import { Cancelled, type CancelSignal } from '../service/api';

/** Milliseconds without a change before a check starts. */
const PAUSE = 120;
/** Milliseconds after which changes neither postpone nor abandon a check any more. */
const PATIENCE = 1500;
/** Milliseconds of rest before what comes next is made ready. */
const REST = 400;

export interface CheckSteps {
  /** Brings the changes made so far into the engine. */
  apply(): Promise<void>;
  /** Rejects with `Cancelled` where the signal aborts. */
  check(signal: CancelSignal): Promise<void>;
  /** Neither step is repeated before the next change. */
  failed(error: unknown): void;
  /**
   * Done once, when nothing has changed for a while behind the first check: what the next one will need is made
   * ready. Rejects with `Cancelled` where the signal aborts, as it does when something changes.
   */
  rehearse?(signal: CancelSignal): Promise<void>;
}

export interface CheckLoop {
  /** Something has changed. `at once` skips the pause: for what is not being typed. */
  changed(when: 'soon' | 'at once'): void;
  /** Resolves when a check covers everything that has changed until now. Never rejects. */
  settled(): Promise<void>;
  stop(): void;
}

export function createCheckLoop(steps: CheckSteps): CheckLoop {
  let revision = 0;
  let covered = 0;
  let dueSince: number | undefined;
  let startAt = 0;
  let running = false;
  let stopped = false;
  let abandon: AbortController | undefined;
  let wake: (() => void) | undefined;
  let waiting: { revision: number; resolve: () => void }[] = [];
  let mayRehearse = steps.rehearse !== undefined;
  let rehearsal: Promise<void> | undefined;
  let resting: ReturnType<typeof setTimeout> | undefined;

  function isOverdue(): boolean {
    return dueSince !== undefined && performance.now() - dueSince > PATIENCE;
  }

  async function pause(): Promise<void> {
    while (!stopped && !isOverdue()) {
      const left = startAt - performance.now();
      if (left <= 0) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      wake = undefined;
    }
  }

  /** Returns whether the changes up to `target` are covered. */
  async function checkOnce(target: number): Promise<boolean> {
    try {
      await steps.apply();
      if (revision !== target && !isOverdue()) return false;
      abandon = new AbortController();
      await steps.check(abandon.signal);
    } catch (error) {
      if (error instanceof Cancelled && abandon?.signal.aborted) return false;
      steps.failed(error);
    } finally {
      abandon = undefined;
    }
    return true;
  }

  function rehearse(): void {
    if (running || stopped || !mayRehearse) return;
    mayRehearse = false;
    const own = new AbortController();
    abandon = own;
    // Whatever goes wrong here goes wrong in the next check as well, and is said then.
    rehearsal = steps.rehearse?.(own.signal).catch(() => undefined);
  }

  async function run(): Promise<void> {
    await rehearsal;
    rehearsal = undefined;
    while (covered < revision && !stopped) {
      await pause();
      const target = revision;
      if (!(await checkOnce(target))) continue;
      covered = target;
      dueSince = covered < revision ? performance.now() : undefined;
      const ready = waiting.filter((each) => each.revision <= covered);
      waiting = waiting.filter((each) => each.revision > covered);
      for (const { resolve } of ready) resolve();
    }
    // In the same turn as the loop's last look: a change after it must start a new run.
    running = false;
    if (mayRehearse && !stopped) resting = setTimeout(rehearse, REST);
  }

  return {
    changed(when) {
      revision++;
      const now = performance.now();
      dueSince ??= now;
      startAt = when === 'soon' ? now + PAUSE : now;
      if (!isOverdue()) abandon?.abort();
      wake?.();
      clearTimeout(resting);
      if (running || stopped) return;
      running = true;
      void run();
    },
    settled() {
      if (covered >= revision || stopped) return Promise.resolve();
      return new Promise((resolve) => waiting.push({ revision, resolve }));
    },
    stop() {
      stopped = true;
      clearTimeout(resting);
      abandon?.abort();
      wake?.();
      for (const { resolve } of waiting) resolve();
      waiting = [];
    },
  };
}
