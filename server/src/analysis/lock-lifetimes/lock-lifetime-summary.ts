/** What a function's paths together do to the locks of its caller. */

import { isCallersOwn } from '../locks/lock-state';
import { keyOf, rootOf } from '../paths/access-path';
import type { FunctionContext } from './lock-lifetime-context';
import type { LifetimeEffect } from './lock-lifetime-facts';
import type { LifeState } from './lock-lifetime-state';

/** One effect for each lock that some path initialises or destroys; what holds on all paths is said of it. */
export function effectsOf(ctx: FunctionContext, endings: readonly LifeState[]): LifetimeEffect[] {
  const effects: LifetimeEffect[] = [];
  for (const [key, deed] of ctx.touched) {
    if (!isCallersOwn(ctx.fn, rootOf(deed.place)) || keyOf(deed.place).includes('?')) continue;
    const lives = endings.map((state) => state.get(key));
    const first = common(lives.map((life) => life?.first));
    const last = common(
      lives.map((life) =>
        life?.status === 'ready' || life?.status === 'destroyed' ? life.status : undefined,
      ),
    );
    effects.push({ place: deed.place, deed, ...(first ? { first } : {}), ...(last ? { last } : {}) });
  }
  return effects;
}

function common<T>(values: readonly (T | undefined)[]): T | undefined {
  const [first] = values;
  return values.every((value) => value === first) ? first : undefined;
}
