/** Values of static initialisers. */
import type { Expr, Span, TypeRef } from './expr';
import type { StoreFacts } from './facts';

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

/** Functions that an initialiser stores in fields. */
export function storedFunctions(type: TypeRef, init: Expr, at: Span): StoreFacts[] {
  if (init.k !== 'init') return [];
  return init.items.flatMap(({ f, e }): StoreFacts[] => {
    const target = e.k === 'addr' ? e.of : e.k === 'cast' ? e.e : e;
    const name = target.k === 'name' ? target.n : target.k === 'lambda' ? target.f : undefined;
    if (e.k === 'init') return storedFunctions(type, e, at);
    return name === undefined ? [] : [{ owner: type.base, field: f ?? '', function: name, span: at }];
  });
}
