/** What the attributes of a declaration say, and the words that it begins with. */
import type { SyntaxNode } from '../syntax/tree';
import type { AnnotationFacts } from './facts';
import type { UnitContext } from './unit-context';

/** Attributes, keywords and the macros that projects write for them: `[[noreturn]]`, `_Noreturn`, `NO_RETURN`. */
export const NO_RETURN = /no_?return/i;
export const STARTUP = /(?:\(\s*|\bgnu::)_*constructor/;
export const SHUTDOWN = /(?:\(\s*|\bgnu::)_*destructor/;

/** A declaration's attributes and its own words up to `end`. */
export function wordsOf(ctx: UnitContext, node: SyntaxNode, end: number, marks: readonly string[]): string {
  return [...marks, ctx.text.slice(node.start, Math.min(end, node.start + 60))].join(' ');
}

const ANNOTATION = /([A-Za-z_]\w*)\s*\(([^()"]{0,120})\)/g;
/** Of the compiler's attributes, those on locks are asked for: `__attribute__((acquire_capability(m)))`. */
const ON_LOCKS = /^(?:__attribute|\[\[).*(?:capability|lock|locks_required)\w*\s*\(/;

/** What macros among the attributes say with arguments, and what the compiler's own say of locks. */
export function annotated(marks: readonly string[]): { annotations?: AnnotationFacts[] } {
  const annotations = marks
    .filter((mark) => /^[A-Za-z]/.test(mark) || ON_LOCKS.test(mark))
    .flatMap((mark) => [...mark.matchAll(ANNOTATION)])
    .map(([, name = '', args = '']) => ({
      name,
      args: args.trim() === '' ? [] : args.split(',').map((arg) => arg.trim()),
    }));
  return annotations.length > 0 ? { annotations } : {};
}
