/** What a call reaches: a function of the workspace, a model, or unknown. */
import type { Expr } from '../facts/expr';
import type { UnitFacts } from '../facts/facts';
import type { CallNode, Fn, Program, Target } from './program';

/** Names as linking has entered them. */
export interface CallNames {
  functionNamed(unit: UnitFacts, name: string, scope: string): Fn | undefined;
  /** Methods of all classes by their last name. */
  methods: ReadonlyMap<string, readonly Fn[]>;
}

/** The target of a call; what it hangs on is the program without its targets. */
export function targetOf(names: CallNames, program: Program, fn: Fn, node: CallNode): Target {
  const { callee } = node;
  if (callee.k === 'name') return namedTarget(names, program, fn, callee.n);
  if (callee.k === 'field') return methodTarget(names, program, fn, callee, node);
  if (callee.k === 'lambda') {
    const lambda = names.functionNamed(fn.unit, callee.f, '');
    if (lambda) return { kind: 'function', fn: lambda };
  }
  return { kind: 'unknown', name: '' };
}

function namedTarget(names: CallNames, program: Program, fn: Fn, name: string): Target {
  const plain = name.startsWith('::') ? name.slice(2) : name;
  const model = program.models.functions.get(plain);
  const found = names.functionNamed(fn.unit, name, fn.facts.name);
  const isOwn =
    found &&
    found !== fn &&
    (found.unit === fn.unit ? found.facts.internal || found.facts.kind === 'macro' : false);
  if (model && !model.weak && !isOwn) return { kind: 'model', name: plain, model };
  if (found)
    return {
      kind: 'function',
      fn: found,
      ...(isMethod(found) ? { receiver: { k: 'deref', of: { k: 'this' } } } : {}),
    };
  return model ? { kind: 'model', name: plain, model } : { kind: 'unknown', name: plain };
}

function isMethod(fn: Fn): boolean {
  return fn.facts.kind !== 'lambda' && fn.facts.name.includes('::');
}

/** `object.method(…)`: by the object's class and its bases; else the only method of that name. */
function methodTarget(
  names: CallNames,
  program: Program,
  fn: Fn,
  callee: Expr & { k: 'field' },
  node: CallNode,
): Target {
  const receiver = callee.of;
  const owner = node.type ?? program.types.typeOf(program, fn, receiver);
  const name = callee.f;
  if (owner.base) {
    for (const className of program.types.classChain(fn.unit, fn.facts.name, owner.base)) {
      const last = className.slice(className.lastIndexOf('::') + 2).replace(/^:+/, '');
      const member = name === '{constructor}' ? last : name === '{destructor}' ? `~${last}` : name;
      const found = names.functionNamed(fn.unit, `${className}::${member}`, '');
      if (found) return { kind: 'function', fn: found, receiver };
      // An object made from nothing takes no memory yet.
      const isEmpty = name === '{constructor}' && node.args.length === 0;
      const model = isEmpty ? undefined : program.models.functions.get(`${className}::${name}`);
      if (model) return { kind: 'model', name: `${className}::${name}`, model, receiver };
    }
    return { kind: 'unknown', name };
  }
  if (fn.unit.language === 'c' || name.startsWith('{')) return { kind: 'unknown', name };
  const candidates = names.methods.get(name) ?? [];
  const only = candidates.length === 1 ? candidates[0] : undefined;
  return only ? { kind: 'function', fn: only, receiver } : { kind: 'unknown', name };
}
