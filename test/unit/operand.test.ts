/** Operands of library models name what they say they name, and tell when a call does not wait. */
import { describe, expect, it } from 'vitest';
import { keyOf } from '../../server/src/analysis/paths/access-path';
import { EMPTY, type NameInfo, set } from '../../server/src/analysis/paths/environment';
import { failureOf, mayBlock, operandOf, successOf } from '../../server/src/analysis/paths/operand';
import type { Expr } from '../../server/src/facts/expr';
import { NO_TYPE } from '../../server/src/facts/expr';
import { BUNDLED } from '../../server/src/models/library';
import type { BlockingModel } from '../../server/src/models/schema';

const variable = (v: number): Expr => ({ k: 'var', v });
const field = (of: Expr, f: string): Expr => ({ k: 'field', of, f });
const addressOf = (of: Expr): Expr => ({ k: 'addr', of });
const name = (n: string): Expr => ({ k: 'name', n });
const number = (v: number): Expr => ({ k: 'num', v });
const or = (l: Expr, r: Expr): Expr => ({ k: 'bin', op: '|', l, r });

const NAMES: NameInfo = {
  isReference: () => false,
  isBound: () => false,
  isShared: () => false,
  typeOf: () => NO_TYPE,
  constant: (n) => BUNDLED.constants.get(n) ?? n,
  isMember: () => false,
  claim: () => undefined,
  callWrites: () => new Set(),
  isHidden: () => false,
  callValue: () => undefined,
  pointersGiven: () => [],
};

describe('an operand', () => {
  const args = [addressOf(field(variable(0), 'lock')), variable(1)];
  const receiver = field({ k: 'this' }, 'mutex_');
  it.each([
    ['1', 'v1'],
    ['*0', 'v0.lock'],
    ['*1', '*(v1)'],
    ['**1', '*(*(v1))'],
    ['*0#type', 'v0.lock.#type'],
    ['this', 'this.mutex_'],
    ['*this', '*(this.mutex_)'],
    ['this#kind', 'this.mutex_.#kind'],
    ['result', 'r7'],
    ['*result', '*(r7)'],
  ])('%s is %s', (operand, key) => {
    const found = operandOf(operand, args, receiver, { k: 'result', n: 7 });
    expect(found && keyOf(found)).toBe(key);
  });

  it.each(['2', '*2#type', 'this', '*result'])('%s is nothing where the call has none', (operand) => {
    expect(operandOf(operand, args)).toBeUndefined();
  });
});

describe('the result of a modelled call', () => {
  it.each([
    [{ success: 0, failure: 'positive' }, { eq: 0 }, { sign: 1 }],
    [{ success: 0, failure: 'negative' }, { eq: 0 }, { sign: -1 }],
    [{ success: 0, failure: 'other' }, { eq: 0 }, { ne: [0] }],
    [{ success: 1, failure: 0 }, { eq: 1 }, { eq: 0 }],
    [{ success: 0, failure: 'EBUSY' }, { eq: 0 }, { eq: 16 }],
    [{ success: 'X_OK', failure: 'X_BUSY' }, { eq: 'X_OK' }, { eq: 'X_BUSY' }],
    [{ failure: 0 }, { ne: [0] }, { eq: 0 }],
    [{}, {}, {}],
  ] as const)('%o', (model, success, failure) => {
    expect(successOf(model, NAMES)).toEqual(success);
    expect(failureOf(model, NAMES)).toEqual(failure);
  });
});

describe('a call that can block', () => {
  const socket = variable(0);
  const blocksWith = (call: string, args: readonly Expr[], env = EMPTY): boolean =>
    mayBlock(BUNDLED.functions.get(call)?.blocks as BlockingModel, args, env, NAMES);

  it.each<[string, string, Expr[], boolean]>([
    ['recv without flags', 'recv', [socket, socket, socket, number(0)], true],
    ['recv that does not wait', 'recv', [socket, socket, socket, name('MSG_DONTWAIT')], false],
    ['two flags', 'recv', [socket, socket, socket, or(name('MSG_PEEK'), name('MSG_DONTWAIT'))], false],
    ['flags by number', 'recv', [socket, socket, socket, number(0x42)], false],
    ['flags that are not known', 'recv', [socket, socket, socket, variable(3)], true],
    ['poll for ever', 'poll', [socket, number(1), number(-1)], true],
    ['poll without waiting', 'poll', [socket, number(1), number(0)], false],
    ['select without timeout', 'select', [socket, socket, socket, socket, number(0)], true],
    ['a lock of a file', 'fcntl', [socket, name('F_SETLKW'), variable(3)], true],
    ['another command', 'fcntl', [socket, name('F_SETFL'), variable(3)], false],
    ['a command that is not known', 'fcntl', [socket, variable(3), variable(3)], false],
    ['a child that may not have ended', 'waitpid', [socket, socket, name('WNOHANG')], false],
    ['a read of what may be a file', 'read', [socket, socket, socket], false],
    ['a read of standard input', 'read', [number(0), socket, socket], true],
    ['a line of standard input', 'fgets', [socket, socket, name('stdin')], true],
    ['a line of a file', 'fgets', [socket, socket, variable(4)], false],
  ])('%s', (_, call, args, expected) => {
    expect(blocksWith(call, args)).toBe(expected);
  });

  it('does not wait with a timeout of zeros', () => {
    const timeout = variable(5);
    const args = [socket, socket, socket, socket, addressOf(timeout)];
    const seconds = set(field(timeout, 'tv_sec'), { eq: 0 }, EMPTY);
    expect(blocksWith('select', args)).toBe(true);
    expect(blocksWith('select', args, set(field(timeout, 'tv_usec'), { eq: 0 }, seconds))).toBe(false);
    expect(blocksWith('select', args, set(field(timeout, 'tv_usec'), { eq: 9 }, seconds))).toBe(true);
  });

  it('waits where the flags are constants that are not', () => {
    const env = set(variable(3), { eq: 64 }, EMPTY);
    expect(blocksWith('recv', [socket, socket, socket, variable(3)], env)).toBe(false);
  });
});
