/** Expressions as the source writes them. */
import type { Expr } from '../facts/expr';
import type { FunctionFacts } from '../facts/facts';

/** `c->tid`, `arr[i]`, `*p`; parts without a name read as `…`. */
export function spell(fn: FunctionFacts, e: Expr): string {
  switch (e.k) {
    case 'var':
      return fn.variables[e.v]?.name || '…';
    case 'name':
      return e.n;
    case 'field':
      if (e.of.k === 'var') return part(fn.variables[e.of.v]?.name ?? '', e.f) ?? `${spell(fn, e.of)}.${e.f}`;
      if (e.of.k === 'deref') return e.of.of.k === 'this' ? e.f : `${spell(fn, e.of.of)}->${e.f}`;
      return `${spell(fn, e.of)}.${e.f}`;
    case 'deref':
      return e.of.k === 'addr' ? spell(fn, e.of.of) : `*${spell(fn, e.of)}`;
    case 'addr':
      return `&${spell(fn, e.of)}`;
    case 'index':
      return `${spell(fn, e.of)}[${spell(fn, e.i)}]`;
    case 'num':
      return String(e.v);
    case 'bin':
      return `${spell(fn, e.l)} ${e.op} ${spell(fn, e.r)}`;
    case 'un':
      return `${e.op}${spell(fn, e.e)}`;
    case 'cast':
      return spell(fn, e.e);
    case 'this':
      return 'this';
    case 'result': {
      const node = fn.nodes[e.n];
      return node?.op === 'call' ? `${spell(fn, node.callee)}(…)` : '…';
    }
    default:
      return '…';
  }
}

/** The name that a structured binding `[a, b]` has for a part of its object. */
function part(object: string, field: string): string | undefined {
  if (!object.startsWith('[')) return undefined;
  const [first, second] = object.slice(1, -1).split(',');
  return (field === 'first' ? first : second)?.trim();
}

/** What a function is called in a message: its name, or where a lambda stands. */
export function functionName(facts: FunctionFacts): string {
  const lambda = facts.name.indexOf('::{lambda');
  return lambda < 0 ? facts.name : `lambda in ${facts.name.slice(0, lambda)}`;
}

/** A library function as a reader writes it: `std::string()` for its constructor. */
export function calleeName(name: string): string {
  return name.replace(/::\{constructor\}$/, '()');
}
