/** The conditions of `#if`, by a table: which branch is taken. */
import { describe, expect, it } from 'vitest';
import { type ConditionOptions, condition } from '../../server/src/syntax/condition';

/** True where the branch under `directive` is read. */
function taken(directive: string, options: Partial<ConditionOptions> = {}, before = ''): boolean {
  const source = `${before}\n${directive}\nint inside;\n#endif\n`;
  return condition(source, { language: 'c', ...options }).text.includes('inside');
}

const EXPRESSIONS: readonly (readonly [string, boolean])[] = [
  ['0', false],
  ['1', true],
  ['1 == 1 && 2 > 1', true],
  ['1 + 2 * 3 == 7', true],
  ['(1 + 2) * 3 == 9', true],
  ['1 << 4 == 16', true],
  ['0x10 == 16 && 010 == 8 && 0b11 == 3', true],
  ['1 ? 0 : 1', false],
  ['0 ? 0 : 1', true],
  ['0 ? 1 : 0 ? 1 : 0', false],
  ['!0 && !!1', true],
  ['-1 < 0', true],
  ['~0 == -1', true],
  ["'A' == 65", true],
  ['10 % 4 == 2 && 10 / 4 == 2', true],
  ['6 & 3 | 8 ^ 8', true],
  ['1 / 0', false],
  ['1 % 0', false],
  ['0x7fffffffffffffffL > 0', true],
  ['4 > 3 > 2', false],
  ['1 || (1 / 0)', true],
  ['(((1)))', true],
  ['1 )', true],
  ['( 1', true],
  ['', false],
  ['"text"', false],
  ['&&', false],
  ['defined', false],
  ['defined(', false],
  ['0b101 == 5 && 0XfFuLL == 255', true],
  ["'\\n' == 10 && '\\x41' == 'A' && '\\0' == 0", true],
  ['-7 / 2 == -3 && -7 % 2 == -1', true],
  ['!defined(A_NAME) && 1', true],
  ['+1 - -1 == 2', true],
  ['2 >= 2 && 2 <= 2 && !(2 != 2)', true],
];

const PLATFORM: readonly (readonly [string, boolean])[] = [
  ['#ifdef __linux__', true],
  ['#ifndef __linux__', false],
  ['#if defined(__linux__) && !defined(_WIN32)', true],
  ['#if defined __APPLE__ || defined(__FreeBSD__)', false],
  ['#ifdef _WIN32', false],
  ['#if __GNUC__ > 4 || (__GNUC__ == 4 && __GNUC_MINOR__ >= 8)', true],
  ['#if __STDC_VERSION__ >= 201112L', true],
  ['#if __has_include(<pthread.h>)', true],
  ['#if __has_include(<windows.h>)', false],
  ['#if __has_attribute(cold) && __GNUC_PREREQ(4, 3)', true],
  ['#if __has_feature(thread_sanitizer)', false],
  ['#if _POSIX_C_SOURCE >= 199309L', true],
  ['#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__', true],
  ['#ifdef __cplusplus', false],
  ['#if defined(__unix__) || defined(__MACH__)', true],
  ['#if defined __x86_64__ && __SIZEOF_POINTER__ == 8', true],
  ['#ifdef __clang__', false],
  ['#ifdef _MSC_VER', false],
  ['#if defined(_REENTRANT) || defined(_PTHREADS)', true],
  ['#if __has_builtin(__builtin_expect)', true],
  ['#ifdef __STDC_NO_THREADS__', false],
  ['#ifdef __ANDROID__', false],
];

const UNKNOWN: readonly (readonly [string, boolean])[] = [
  ['#ifdef HAVE_EPOLL', true],
  ['#if HAVE_EPOLL', true],
  ['#if !HAVE_EPOLL', false],
  ['#if defined(USE_THREADS)', true],
  ['#ifdef HAVE_KQUEUE', false],
  ['#ifdef WITHOUT_THREADS', false],
  ['#ifdef MUTEX_DEBUG', false],
  ['#ifdef UNIT_TEST', false],
  ['#if SOMELIB_VERSION_NUMBER >= 0x10100000L', true],
  ['#if SOMELIB_VERSION_NUMBER < 0x10100000L', false],
  ['#if BLOCK_SIZE != 3', false],
  ['#ifdef EXTRA_STORE', true],
  ['#ifndef EXTRA_STORE', true],
  ['#ifdef lowercase', false],
];

const DEFINED: readonly (readonly [string, string, boolean])[] = [
  ['#define A 1', '#if A', true],
  ['#define A 0', '#if A', false],
  ['#define A', '#ifdef A', true],
  ['#define A 1\n#undef A', '#ifdef A', false],
  ['#define A (B + 1)\n#define B 2', '#if A == 3', true],
  ['#define A B\n#define B A', '#if A', false],
  ['#define MIN(a, b) ((a) < (b) ? (a) : (b))', '#if MIN(3, 2) == 2', true],
  ['#define V(a,b,c) ((a) * 10000 + (b) * 100 + (c))\n#define NOW V(1, 2, 3)', '#if NOW >= V(1, 2, 0)', true],
  ['#if 0\n#define a 1\n#endif', '#if a', false],
  ['#define A 1 /* why */', '#if A /* because */ // of that', true],
  ['#define A 1', '#if \\\n  A', true],
  ['#define A A + 1', '#if A', false],
  ['#define A 1\n#define A 0', '#if A', false],
  ['#define F(x) x', '#if F(F(1)) == 1', true],
  ['#define F(x) x', '#ifdef F', true],
  ['#define F(x) 1', '#if F', false],
  ['#ifdef GUARD_H\n#else\n#define A 1\n#endif', '#if A', true],
  ['#ifndef GUARD_H\n#define GUARD_H\n#endif', '#ifndef GUARD_H', false],
  ['#define CAT(a, b) a##b\n#define AB 1', '#if CAT(A, B)', true],
];

describe('the condition of #if', () => {
  it.each(EXPRESSIONS)('%j is %s', (text, expected) => expect(taken(`#if ${text}`)).toBe(expected));
  it.each(PLATFORM)('%s: %s on Linux with gcc', (text, expected) => expect(taken(text)).toBe(expected));
  it.each(UNKNOWN)('%s: %s where nobody defines it', (text, expected) => expect(taken(text)).toBe(expected));
  it.each(DEFINED)('behind %j, %s: %s', (before, text, expected) => {
    expect(taken(text, {}, before)).toBe(expected);
  });

  it('takes -D and -U before its own guess, and the text before both', () => {
    expect(taken('#ifdef HAVE_EPOLL', { undefines: ['HAVE_EPOLL'] })).toBe(false);
    expect(taken('#if MUTEX_DEBUG == 2', { defines: { MUTEX_DEBUG: '2' } })).toBe(true);
    expect(taken('#ifdef __linux__', { undefines: ['__linux__'] })).toBe(false);
    expect(taken('#if A', { defines: { A: '1' } }, '#undef A')).toBe(false);
    expect(taken('#ifdef __cplusplus', { language: 'cpp' })).toBe(true);
  });

  it('takes the first branch of a chain that holds, and only that one', () => {
    const chain =
      '#if 0\na;\n#elif 1\nb;\n#elif 1\nc;\n#else\nd;\n#endif\n#if 0\ne;\n#elifdef __linux__\nf;\n#else\ng;\n#endif\n';
    expect(condition(chain, { language: 'c' }).text.replace(/\s+/g, '')).toBe('b;f;');
  });

  it('reads nested conditionals of a losing branch as lost', () => {
    const nested = '#if 0\n#if 1\nint a;\n#else\nint b;\n#endif\n#else\nint c;\n#endif\n';
    expect(condition(nested, { language: 'c' }).text.replace(/\s+/g, '')).toBe('intc;');
  });

  it('decides the same name alike everywhere in a text', () => {
    const text =
      '#ifdef STORE\nint a;\nint b;\nint c;\n#endif\n#ifdef STORE\nint d;\n#else\nint e;\n#endif\n';
    expect(condition(text, { language: 'c' }).text.replace(/\s+/g, ' ').trim()).toBe(
      'int a; int b; int c; int d;',
    );
  });

  it('says which ranges were not taken', () => {
    const text = 'x\n#if 0\nlost\n#else\nkept\n#endif\n';
    const { inactive } = condition(text, { language: 'c' });
    expect(inactive.map(([start, end]) => text.slice(start, end).trim())).toEqual(['lost']);
  });

  it('ends in time on conditions that grow without bound', () => {
    const doubling = Array.from({ length: 60 }, (_, n) => `#define A${n + 1} (A${n} + A${n})`).join('\n');
    expect(taken('#if A60', {}, `#define A0 1\n${doubling}`)).toBe(false);
    expect(taken(`#if ${'('.repeat(100_000)}1${')'.repeat(100_000)}`)).toBe(false);
    expect(taken(`#if ${'!'.repeat(100_000)}1`)).toBe(false);
  });
});
