/** Which calls' results a function makes use of. */
import type { Expr } from '../../facts/expr';
import type { CfgNode } from '../../facts/facts';
import { expressionsOf } from '../../program/expressions';

/**
 * The nodes of the calls whose result something mentions. A cast to `void` leaves no mention: it says that the
 * result is not wanted.
 */
export function resultsRead(nodes: readonly CfgNode[]): ReadonlySet<number> {
  const found = new Set<number>();
  for (const node of nodes) for (const e of expressionsOf(node)) collect(e, found);
  return found;
}

function collect(e: Expr, found: Set<number>): void {
  switch (e.k) {
    case 'result':
      found.add(e.n);
      return;
    case 'un':
    case 'cast':
      collect(e.e, found);
      return;
    case 'bin':
      collect(e.l, found);
      collect(e.r, found);
      return;
    case 'index':
      collect(e.of, found);
      collect(e.i, found);
      return;
    case 'field':
    case 'deref':
    case 'addr':
      collect(e.of, found);
      return;
    case 'init':
      for (const item of e.items) collect(item.e, found);
      return;
    default:
  }
}
