/**
 * Recognising assertions: calls after which control goes on only where what they were given holds.
 */
import type { Node } from '../../syntax/parser';
import { bare } from './find';
import { decide, type Subject, successConstant } from './outcome';

// Macros that go on only where their argument holds; a function of such a name may only report.
const ASSERTION =
  /^(?:[A-Za-z0-9]+_)*(?:[Aa]ssert|ASSERT|CHECK|VERIFY|REQUIRE|ENSURE|INSIST)(?:_[A-Za-z0-9]+)*$/;
const NEGATED = /(?:^|_)(?:FALSE|NOT|NE|ZERO|NULL|FAIL\w*|ERROR)(?:_|$)/i;
const COMPARES = /(?:^|_)(?:EQ|EQUALS?)(?:_|$)/i;

/** `assert(create(…) == 0)`, `CHECK_EQ(0, create(…))`: control goes on exactly where the call has succeeded. */
export function asserts(expression: Node, subject: Subject): boolean {
  if (expression.type !== 'call_expression') return false;
  const callee = expression.childForFieldName('function')?.text ?? '';
  if (!ASSERTION.test(callee)) return false;
  const given = expression
    .childForFieldName('arguments')
    ?.namedChildren.filter((child) => child.type !== 'comment');
  const [first, second] = given ?? [];
  if (!first) return false;
  if (!COMPARES.test(callee)) return decide(first, subject) === !NEGATED.test(callee);
  if (!second || NEGATED.test(callee)) return false;
  return (
    (isResult(first, subject) && isSuccess(second, subject)) ||
    (isSuccess(first, subject) && isResult(second, subject))
  );
}

function isResult(node: Node, subject: Subject): boolean {
  return subject.is(bare(node));
}

function isSuccess(node: Node, subject: Subject): boolean {
  return bare(node).text === successConstant(subject.success);
}
