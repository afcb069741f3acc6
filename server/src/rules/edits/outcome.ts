/**
 * What an expression is worth where a call in it has succeeded, failed or was not made: so that the polarity
 * of a check is computed and not recognised by its spelling.
 */
import type { Node } from '../../syntax/parser';

/** Zero, or the constant of that name, says that the call succeeded. */
export type Success = 'zero' | { name: string };

/** `undefined` stands for any value. An empty list says that the case cannot come to an evaluation. */
export type Values = readonly (number | undefined)[];

/** Something whose value is known in each case: the call itself, or the variable that keeps its result. */
export interface Subject {
  is(node: Node): boolean;
  /** True where evaluating `node` makes the call. */
  within(node: Node): boolean;
  /** By index of `CASES`. */
  values: readonly Values[];
  success: Success;
}

/** The call's value: success, three failures (error numbers are positive), and `null` for a call not made. */
const CASES: readonly (number | null)[] = [0, 1, 11, 22, null];
const UNKNOWN: Values = [undefined];
const TRANSPARENT = /^(__builtin_expect|(G_)?(UN)?LIKELY|_*(un)?likely_*)$/i;

/** The call as a subject: its value is that of each case. */
export function callSubject(call: Node, success: Success): Subject {
  const { startIndex, endIndex } = call;
  return {
    is: (node) => node.startIndex === startIndex && node.endIndex === endIndex && node.type === call.type,
    within: (node) => node.startIndex <= startIndex && node.endIndex >= endIndex,
    values: CASES.map((value) => (value === null ? [] : [value])),
    success,
  };
}

/** A variable that has just been given the value of `from`, as a subject. */
export function variableSubject(variable: Node, from: Node, call: Subject): Subject {
  const name = variable.text;
  return {
    is: (node) => node.type === variable.type && node.text === name,
    within: () => false,
    values: CASES.map((_, index) => evaluate(from, call, index)),
    success: call.success,
  };
}

/**
 * Whether `node` is true exactly where the call has succeeded, false exactly there, or neither (undefined).
 */
export function decide(node: Node, subject: Subject): boolean | undefined {
  return decideValues(CASES.map((_, index) => evaluate(node, subject, index)));
}

function decideValues(values: readonly Values[]): boolean | undefined {
  const [succeeded = [], ...others] = values;
  if (succeeded.length === 0) return undefined;
  const rest = others.flat();
  if (succeeded.every(isTrue) && rest.every(isFalse)) return true;
  if (succeeded.every(isFalse) && rest.every(isTrue)) return false;
  return undefined;
}

/** An expression over `variable` that is true exactly where the call has succeeded. */
export function successTest(variable: string, subject: Subject): string | undefined {
  const decided = decideValues(subject.values);
  if (decided === undefined) return undefined;
  if (decided) return variable;
  const isFlag = subject.values.slice(1).every((values) => values.every((value) => value === 1));
  return isFlag ? `!${variable}` : `${variable} == ${successConstant(subject.success)}`;
}

/** How the success value is written. */
export function successConstant(success: Success): string {
  return success === 'zero' ? '0' : success.name;
}

function evaluate(node: Node, subject: Subject, index: number): Values {
  if (subject.is(node)) return subject.values[index] ?? UNKNOWN;
  const of = (part: Node | null | undefined): Values => (part ? evaluate(part, subject, index) : UNKNOWN);
  switch (node.type) {
    case 'number_literal':
      return numberOf(node.text);
    case 'true':
      return [1];
    case 'false':
    case 'null':
    case 'nullptr':
      return [0];
    case 'identifier':
      return subject.success !== 'zero' && node.text === subject.success.name ? [0] : UNKNOWN;
    case 'parenthesized_expression':
      return of(node.namedChildren.find((child) => child.type !== 'comment'));
    case 'condition_clause':
      return of(node.childForFieldName('value'));
    case 'declaration':
    case 'init_declarator':
      return of(node.childForFieldName('value'));
    case 'assignment_expression':
      return operatorOf(node) === '=' ? of(node.childForFieldName('right')) : UNKNOWN;
    case 'comma_expression':
      return of(node.childForFieldName('right'));
    case 'unary_expression':
      return of(node.childForFieldName('argument')).map((value) => unary(operatorOf(node), value));
    case 'cast_expression':
      return cast(node.childForFieldName('type')?.text ?? '', of(node.childForFieldName('value')));
    case 'call_expression': {
      const callee = node.childForFieldName('function')?.text ?? '';
      const [first] = node.childForFieldName('arguments')?.namedChildren ?? [];
      return TRANSPARENT.test(callee) ? of(first) : UNKNOWN;
    }
    case 'conditional_expression':
      return conditional(node, subject, index);
    case 'binary_expression':
      return binary(node, subject, index);
    default:
      return UNKNOWN;
  }
}

function conditional(node: Node, subject: Subject, index: number): Values {
  const condition = node.childForFieldName('condition');
  const consequence = node.childForFieldName('consequence');
  const alternative = node.childForFieldName('alternative');
  if (!condition || !consequence || !alternative) return UNKNOWN;
  const made = CASES[index] !== null;
  if (made && subject.within(consequence)) return evaluate(consequence, subject, index);
  if (made && subject.within(alternative)) return evaluate(alternative, subject, index);
  const tests = evaluate(condition, subject, index);
  const results: (number | undefined)[] = [];
  if (!tests.every(isFalse)) results.push(...evaluate(consequence, subject, index));
  if (!tests.every(isTrue)) results.push(...evaluate(alternative, subject, index));
  return results;
}

function binary(node: Node, subject: Subject, index: number): Values {
  const left = node.childForFieldName('left');
  const right = node.childForFieldName('right');
  if (!left || !right) return UNKNOWN;
  const operator = operatorOf(node);
  const isOr = operator === '||' || operator === 'or';
  if (isOr || operator === '&&' || operator === 'and') {
    const stop = Number(isOr);
    // The call on the right is only made where the left side has let it.
    if (CASES[index] !== null && subject.within(right)) return evaluate(right, subject, index).map(truth);
    const lefts = evaluate(left, subject, index).map(truth);
    const results = lefts.filter((value) => value === stop);
    const passes = lefts.some((value) => value !== stop);
    if (lefts.some((value) => value === undefined)) results.push(stop);
    return passes ? [...results, ...evaluate(right, subject, index).map(truth)] : results;
  }
  const rights = evaluate(right, subject, index);
  return evaluate(left, subject, index).flatMap((l) => rights.map((r) => calculate(operator, l, r)));
}

function calculate(operator: string, l: number | undefined, r: number | undefined): number | undefined {
  if (l === undefined || r === undefined) return undefined;
  switch (operator) {
    case '==':
      return Number(l === r);
    case '!=':
    case 'not_eq':
      return Number(l !== r);
    case '<':
      return Number(l < r);
    case '>':
      return Number(l > r);
    case '<=':
      return Number(l <= r);
    case '>=':
      return Number(l >= r);
    default:
      return undefined;
  }
}

function unary(operator: string, value: number | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (operator === '!' || operator === 'not') return Number(value === 0);
  if (operator === '-') return -value;
  return operator === '+' ? value : undefined;
}

function cast(type: string, values: Values): Values {
  if (type === 'void') return UNKNOWN;
  return /^(bool|_Bool)$/.test(type) ? values.map(truth) : values;
}

function numberOf(text: string): Values {
  const value = Number(text.replace(/[uUlL]+$/, ''));
  return Number.isNaN(value) ? UNKNOWN : [value];
}

function operatorOf(node: Node): string {
  return node.childForFieldName('operator')?.type ?? '';
}

function truth(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Number(value !== 0);
}

function isTrue(value: number | undefined): boolean {
  return value !== undefined && value !== 0;
}

function isFalse(value: number | undefined): boolean {
  return value === 0;
}
