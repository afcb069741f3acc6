/** What the parts of lowering share while one file's top level is read. */
import type {
  AliasFacts,
  ConstantFacts,
  FunctionFacts,
  GlobalFacts,
  PrototypeFacts,
  StoreFacts,
  TypeFacts,
} from './facts';
import type { Recovered } from './lower-context';

export interface TopLevel {
  functions: FunctionFacts[];
  globals: GlobalFacts[];
  types: TypeFacts[];
  aliases: AliasFacts[];
  prototypes: PrototypeFacts[];
  stores: StoreFacts[];
  constants: ConstantFacts[];
  usings?: string[];
}

export interface UnitContext extends TopLevel {
  /** The conditioned text. */
  text: string;
  /** The attributes of a declaration between two offsets, which conditioning has taken out of the text. */
  marks(start: number, end: number): readonly string[];
  /** The text before conditioning. */
  raw: string;
  /** What conditioning took out although control passes it, in the order of the text. */
  recovered: readonly Recovered[];
  cpp: boolean;
  /** Enclosing namespaces and classes. */
  path: string[];
  anonymous: boolean;
  /** Parameters of the template around a class. */
  templates: readonly string[];
  /** Enclosing classes, outermost first: the last names of `path`. */
  classes: TypeFacts[];
  usings: string[];
}

/** A name with the namespaces and classes around it. */
export function qualified(ctx: UnitContext, name: string): string {
  return [...ctx.path, name].join('::');
}
