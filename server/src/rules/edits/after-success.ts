/**
 * Inserting a statement where a call is known to have succeeded, whatever form its check has.
 */
import { BUNDLED } from '../../models/library';
import type { Node } from '../../syntax/parser';
import type { TextEdit } from '../finding';
import { asserts } from './assertion';
import { bare, callAt, freshName, functionAround, hasEffect, isStatement } from './find';
import { crossesDirective, type Layout, type Line, layoutAround, normalise } from './layout';
import {
  callSubject,
  decide,
  type Subject,
  type Success,
  successConstant,
  successTest,
  variableSubject,
} from './outcome';
import {
  addElse,
  declareBefore,
  elseBody,
  insertAfter,
  insertAtStart,
  leaves,
  nextStatement,
  type Returns,
} from './statements';

/** By the library models: all functions come back but those that are known not to. */
const modelledReturn: Returns = (callee) => !BUNDLED.functions.get(callee.replace(/^::/, ''))?.noreturn;

export interface AfterSuccess {
  file: string;
  /** The raw text; `root` is the tree of the conditioned text of the same length. */
  text: string;
  root: Node;
  /** The span of the call expression, in UTF-16 offsets. */
  callStart: number;
  callEnd: number;
  success: Success;
  /** One statement with its semicolon. */
  statement: string;
  /** Which functions come back; by default all but the C library's that never do. */
  returns?: Returns;
}

interface Task {
  layout: Layout;
  call: Node;
  subject: Subject;
  success: Success;
  statement: string;
  returns: Returns;
}

/**
 * Inserts `statement` at the place that control reaches exactly where the call has succeeded. The edits are
 * sorted and do not touch. Undefined where there is no such place or it cannot be told: the call in a loop's
 * condition, in a comma expression, as an argument, checked in a way that misses failures, or split by a
 * preprocessor directive.
 */
export function insertAfterSuccess(request: AfterSuccess): TextEdit[] | undefined {
  const call = callAt(request.root, request.callStart, request.callEnd);
  if (!call) return undefined;
  const task: Task = {
    layout: layoutAround(request.file, request.text, call),
    call,
    subject: callSubject(call, request.success),
    success: request.success,
    statement: request.statement,
    returns: request.returns ?? modelledReturn,
  };
  const edits = place(task);
  if (!edits) return undefined;
  const first = Math.min(request.callStart, ...edits.map((edit) => edit.start));
  const last = Math.max(request.callEnd, ...edits.map((edit) => edit.end));
  return crossesDirective(request.text, first, last) ? undefined : normalise(edits);
}

function place(task: Task): TextEdit[] | undefined {
  const holder = holderOf(task.call);
  if (!holder || holder.hasError) return undefined;
  switch (holder.type) {
    case 'expression_statement':
      return afterExpression(task, holder);
    case 'declaration':
      return afterDeclaration(task, holder);
    case 'if_statement':
      return withinIf(task, holder, task.subject);
    case 'return_statement':
      return beforeReturn(task, holder);
    default:
      return undefined;
  }
}

/** The statement in whose own expressions the call stands. */
function holderOf(call: Node): Node | undefined {
  let node: Node | null = call;
  while (node && !isStatement(node)) {
    if (node.type === 'lambda_expression') return undefined;
    node = node.parent;
  }
  if (node?.type !== 'declaration') return node ?? undefined;
  // `if (int rc = create(…))` declares in its condition; `if (int rc = create(…); rc == 0)` before it.
  const parent = node.parent;
  if (parent?.type === 'condition_clause') return parent.parent ?? undefined;
  return parent?.type === 'compound_statement' || parent?.type === 'case_statement' ? node : undefined;
}

function afterExpression(task: Task, holder: Node): TextEdit[] | undefined {
  const [first] = holder.namedChildren.filter((child) => child.type !== 'comment');
  if (!first) return undefined;
  const expression = bare(first);
  if (isCallItself(task, expression)) return checkCall(task, holder);
  if (expression.type === 'assignment_expression') {
    const variable = expression.childForFieldName('left');
    const value = expression.childForFieldName('right');
    const plain = expression.childForFieldName('operator')?.type === '=';
    return plain && variable && value ? afterAssignment(task, holder, variable, value) : undefined;
  }
  return asserts(expression, task.subject) ? insertAfter(task.layout, holder, [line(task)]) : undefined;
}

function isCallItself(task: Task, expression: Node): boolean {
  const isVoid =
    expression.type === 'cast_expression' && expression.childForFieldName('type')?.text === 'void';
  const value = isVoid ? expression.childForFieldName('value') : expression;
  return !!value && bare(value).equals(task.call);
}

/** Makes an unchecked call the condition of an `if`. */
function checkCall(task: Task, holder: Node): TextEdit[] | undefined {
  const { call, layout, success } = task;
  const { file } = layout;
  const after = insertAfter(layout, holder, [line(task, 1)]);
  if (!after) return undefined;
  const test = ` == ${successConstant(success)})`;
  return [
    ...after.filter((edit) => edit.start < holder.endIndex),
    { file, start: holder.startIndex, end: call.startIndex, newText: 'if (' },
    { file, start: call.endIndex, end: holder.endIndex, newText: test },
    ...after.filter((edit) => edit.start >= holder.endIndex),
  ];
}

function afterDeclaration(task: Task, holder: Node): TextEdit[] | undefined {
  const declarator = holder.namedChildren.find(
    (child) => child.type === 'init_declarator' && task.subject.within(child),
  );
  const variable = declarator?.childForFieldName('declarator');
  const value = declarator?.childForFieldName('value');
  if (!variable || !value || variable.type !== 'identifier') return undefined;
  return afterAssignment(task, holder, variable, value);
}

/** Uses the test that follows an assignment of the result, or makes one. */
function afterAssignment(task: Task, holder: Node, variable: Node, value: Node): TextEdit[] | undefined {
  if (hasEffect(variable) || !task.subject.within(value)) return undefined;
  const subject = variableSubject(variable, value, task.subject);
  const next = nextStatement(task.layout.text, holder);
  const placed = next && !next.hasError ? atTest(task, next, subject, variable.text) : undefined;
  if (placed) return placed;
  const test = successTest(variable.text, subject);
  if (!test) return undefined;
  return insertAfter(task.layout, holder, [{ depth: 0, code: `if (${test})` }, line(task, 1)]);
}

function atTest(task: Task, next: Node, subject: Subject, variable: string): TextEdit[] | undefined {
  if (next.type === 'if_statement') {
    const condition = next.childForFieldName('condition');
    if (!condition || changes(condition, variable)) return undefined;
    return withinIf(task, next, subject);
  }
  if (next.type !== 'expression_statement') return undefined;
  const [expression] = next.namedChildren.filter((child) => child.type !== 'comment');
  if (!expression || !asserts(bare(expression), subject)) return undefined;
  return insertAfter(task.layout, next, [line(task)]);
}

/** True where the expression itself gives the variable another value. */
function changes(expression: Node, variable: string): boolean {
  const target = expression.childForFieldName('left') ?? expression.childForFieldName('argument');
  const writes = ['assignment_expression', 'update_expression', 'pointer_expression'].includes(
    expression.type,
  );
  if (writes && target?.text === variable) return true;
  return expression.namedChildren.some((child) => changes(child, variable));
}

function withinIf(task: Task, holder: Node, subject: Subject): TextEdit[] | undefined {
  const { layout } = task;
  const condition = holder.childForFieldName('condition');
  const consequence = holder.childForFieldName('consequence');
  if (!condition || !consequence) return undefined;
  const decided = decide(condition, subject);
  if (decided === undefined) return undefined;
  if (decided) return insertAtStart(layout, consequence, [line(task)]);
  const otherwise = elseBody(holder);
  if (otherwise) return insertAtStart(layout, otherwise, [line(task)]);
  if (leaves(consequence, task.returns)) return insertAfter(layout, holder, [line(task)]);
  return addElse(layout, holder, [line(task)]);
}

/** `return create(…);` becomes a variable, its test and the return of the variable. */
function beforeReturn(task: Task, holder: Node): TextEdit[] | undefined {
  const { call, layout, success } = task;
  const scope = functionAround(holder);
  if (!scope || !onlyEffectIs(holder, call) || !alwaysEvaluates(holder, call)) return undefined;
  const { file, text } = layout;
  const name = freshName(text.slice(scope.startIndex, scope.endIndex), ['rc', 'err', 'created']);
  const lines = [
    { depth: 0, code: `int ${name} = ${text.slice(call.startIndex, call.endIndex)};` },
    { depth: 0, code: `if (${name} == ${successConstant(success)})` },
    line(task, 1),
  ];
  const before = declareBefore(layout, holder, lines);
  return before && [...before, { file, start: call.startIndex, end: call.endIndex, newText: name }];
}

function onlyEffectIs(node: Node, call: Node): boolean {
  if (node.equals(call)) return true;
  if (node.type !== 'return_statement' && hasEffect(node) && !contains(node, call)) return false;
  if (['assignment_expression', 'update_expression', 'call_expression'].includes(node.type)) return false;
  return node.namedChildren.every((child) => onlyEffectIs(child, call));
}

/** True where no short circuit or ternary decides whether the call is made. */
function alwaysEvaluates(holder: Node, call: Node): boolean {
  for (let node: Node | null = call; node && !node.equals(holder); node = node.parent) {
    const parent: Node | null = node.parent;
    if (parent?.type === 'conditional_expression' && !parent.childForFieldName('condition')?.equals(node))
      return false;
    const operator =
      parent?.type === 'binary_expression' ? parent.childForFieldName('operator')?.type : undefined;
    const shortCircuit = operator === '&&' || operator === '||';
    if (shortCircuit && parent?.childForFieldName('right')?.equals(node)) return false;
  }
  return true;
}

function contains(node: Node, inner: Node): boolean {
  return node.startIndex <= inner.startIndex && node.endIndex >= inner.endIndex;
}

function line(task: Task, depth = 0): Line {
  return { depth, code: task.statement };
}
