/** Variables of functions that others get at: `std::mutex& guard() { static std::mutex m; return m; }`. */
import type { Expr } from './expr';
import type { FunctionFacts, GlobalFacts } from './facts';

/** Static variables that a function returns, as globals of its scope: callers name them so. */
export function returnedStatics({ name, internal, nodes, variables }: FunctionFacts): GlobalFacts[] {
  const found = new Map<number, GlobalFacts>();
  for (const node of nodes) {
    if (node.op !== 'return' || !node.value) continue;
    const root = rootOfPath(node.value);
    const variable = root.k === 'var' ? variables[root.v] : undefined;
    if (root.k !== 'var' || variable?.storage !== 'static') continue;
    found.set(root.v, {
      name: nameOfStatic(name, variable.name),
      type: variable.type,
      internal,
      span: variable.span,
    });
  }
  return [...found.values()];
}

/** What a function's static variable is called outside of it. */
export function nameOfStatic(fn: string, variable: string): string {
  return `${fn}::${variable}`;
}

function rootOfPath(e: Expr): Expr {
  let root = e;
  for (;;) {
    if (root.k === 'cast') root = root.e;
    else if (root.k === 'field' || root.k === 'deref' || root.k === 'addr' || root.k === 'index')
      root = root.of;
    else return root;
  }
}
