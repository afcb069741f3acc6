/** Values of static initialisers. */
import type { Expr } from './expr';

/** Long constant tables carry no facts: only items that name something are kept. */
export function compactInit(init: Expr): Expr {
  if (init.k !== 'init') return init;
  const items = init.items.map(({ f, e }, i) => ({ f: f ?? String(i), e: compactInit(e) }));
  return {
    k: 'init',
    items: items.filter(
      ({ e }) =>
        e.k !== 'num' && e.k !== 'str' && e.k !== 'unknown' && !(e.k === 'init' && e.items.length === 0),
    ),
  };
}
