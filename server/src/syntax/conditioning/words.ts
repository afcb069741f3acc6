/**
 * The words of C and C++ by what they do in a declaration or statement: a data table, no algorithm.
 */

/** An ordinary identifier. */
export const NAME = 0;
/** `static`, `extern`, `inline`, …: opens a declaration and makes no type. */
export const STORAGE = 1;
/** `const`, `volatile`, …: may stand on both sides of a type. */
export const QUALIFIER = 2;
/** A word that alone is a type. */
export const PRIMITIVE = 3;
/** `signed`, `unsigned`, `long`, `short`. */
export const SIZED = 4;
/** `struct`, `union`, `enum`, `class`. */
export const TAG = 5;
/** `if`, `for`, `while`, `switch`: takes a parenthesised head. */
export const HEAD = 6;
/** `return`, `goto`, `do`, `else`, …: starts or continues a statement. */
export const STATEMENT = 7;
/** Every other word that cannot be a name. */
export const OTHER = 8;
export const ATTRIBUTE = 9;
export const ASM = 10;
/** `typeof` and its spellings. */
export const TYPEOF = 11;
/** Compiler marks without meaning for the analysis. */
export const NOISE = 12;
export const TYPEDEF = 13;
export const ALIGNAS = 14;

const COMMON: readonly (readonly [number, string])[] = [
  [
    STORAGE,
    'static extern inline register __inline __inline__ __forceinline _Thread_local thread_local __thread',
  ],
  [QUALIFIER, 'const volatile restrict _Atomic _Noreturn __restrict __restrict__ constexpr'],
  [
    PRIMITIVE,
    'int char void float double bool size_t ssize_t ptrdiff_t intptr_t uintptr_t charptr_t nullptr_t max_align_t ' +
      'int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t char8_t char16_t char32_t char64_t _Bool',
  ],
  [SIZED, 'signed unsigned long short'],
  [TAG, 'struct union enum'],
  [HEAD, 'if for while switch'],
  [STATEMENT, 'return goto break continue do else case default'],
  [OTHER, 'sizeof alignof _Alignof __alignof __alignof__ _Generic offsetof _Static_assert static_assert'],
  [ATTRIBUTE, '__attribute__ __attribute __declspec'],
  [ASM, '__asm__ __asm asm'],
  [TYPEOF, 'typeof __typeof __typeof__ typeof_unqual'],
  [
    NOISE,
    '__extension__ __volatile __cdecl __clrcall __stdcall __fastcall __thiscall __vectorcall __signed__ __const',
  ],
  [TYPEDEF, 'typedef'],
  [ALIGNAS, '_Alignas alignas'],
];

const CPP_ONLY: readonly (readonly [number, string])[] = [
  [STORAGE, 'virtual explicit friend mutable constinit consteval'],
  [TAG, 'class'],
  [PRIMITIVE, 'auto'],
  [STATEMENT, 'throw try catch co_return co_await co_yield'],
  [
    OTHER,
    'new delete operator this template typename namespace using public private protected override final noexcept ' +
      'and or not xor bitand bitor compl and_eq or_eq xor_eq not_eq const_cast static_cast dynamic_cast ' +
      'reinterpret_cast typeid decltype concept requires nullptr true false',
  ],
];

export const WORDS: Readonly<Record<'c' | 'cpp', ReadonlyMap<string, number>>> = {
  c: tableOf([...COMMON, [STORAGE, 'auto']]),
  cpp: tableOf([...COMMON, ...CPP_ONLY]),
};

function tableOf(rows: readonly (readonly [number, string])[]): ReadonlyMap<string, number> {
  return new Map(rows.flatMap(([kind, words]) => words.split(' ').map((word) => [word, kind] as const)));
}
