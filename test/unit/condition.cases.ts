/** One case a construct: what stands in a source, and what is read of it (blanks run together). */
export interface ConditionCase {
  title: string;
  language?: 'c' | 'cpp';
  source: string;
  reads: string;
}

const ATTRIBUTES: ConditionCase[] = [
  {
    title: 'declspec, alignment and words of a compiler',
    source: '__declspec(dllexport) int f(void); __extension__ union u { _Alignas(16) char b[4]; };',
    reads: 'int f(void); union u { char b[4]; };',
  },
  {
    title: 'an attribute between inline and static',
    source: 'inline __attribute__((always_inline)) static void *f(void) { return 0; }',
    reads: 'inline static void *f(void) { return 0; }',
  },
  {
    title: 'qualifier macros between the stars of a type',
    source: 'int f(code FAR * FAR *table, char *__far *__far *p) { return a * B * c; }',
    reads: 'int f(code * *table, char * * *p) { return a * B * c; }',
  },
  {
    title: 'GNU attributes before, inside and behind a declaration',
    source:
      '__attribute__((cold)) static int f(void) __attribute__((noinline)); int x __attribute__((unused)) = 1;',
    reads: 'static int f(void) ; int x = 1;',
  },
  {
    title: 'standard attributes, but not the subscript of a lambda',
    language: 'cpp',
    source: '[[nodiscard]] int f(); int g() { [[maybe_unused]] int a = t[[] { return 0; }()]; return a; }',
    reads: 'int f(); int g() { int a = t[[] { return 0; }()]; return a; }',
  },
  {
    title: 'first values of captures in brackets',
    language: 'cpp',
    source: 'auto f = [self{keep()}, n(2, 3), &m{g.m}, e{}, last]() { return list[n](self) + a[b{1}]; };',
    reads: 'auto f = [self=keep() , n=2 , &m=g.m , e=0, last]() { return list[n](self) + a[b{1}]; };',
  },
  {
    title: 'conversions to unsigned, but not an operator of that name',
    language: 'cpp',
    source:
      'struct a { operator unsigned() const; }; int f(int p) { g({unsigned(p), p}); return (unsigned(p) << 2) ^ p; }',
    reads:
      'struct a { operator unsigned() const; }; int f(int p) { g({int (p), p}); return (int (p) << 2) ^ p; }',
  },
  {
    title: 'declared instances of templates',
    language: 'cpp',
    source: 'extern template class list<int>; extern template void list<int>::add(int) const; extern int n;',
    reads: 'extern int n;',
  },
  {
    title: 'macros before a namespace and before a block',
    language: 'cpp',
    source: 'LIB_BEGIN_NAMESPACE namespace a { void f() { LIB_TRY { if (x) { g(); } } LIB_TRY{ h(); } } }',
    reads: 'namespace a { void f() { { if (x) { g(); } } { h(); } } }',
  },
  {
    title: 'an object of a tagged type with its first value, and a macro before the name of a type',
    language: 'cpp',
    source:
      'void f() { struct stat s{}; struct hints h{.a = 1}; struct pair p{1, 2}; } struct api_type t { int a; };',
    reads: 'void f() { struct stat s{}; struct hints h{.a = 1}; struct pair p{1, 2}; } struct t { int a; };',
  },
  {
    title: 'an attribute and a macro before the name of a class',
    language: 'cpp',
    source:
      'class [[nodiscard]] LIB_ELIDABLE task : private base { int a; }; enum class [[maybe_unused]] e { x };',
    reads: 'class task : private base { int a; }; enum class e { x };',
  },
  {
    title: 'annotations behind the parameters of a lambda',
    language: 'cpp',
    source:
      'void f() { auto g = [&](int x) REQUIRES(mu_) NOTHROW { use(x); }; auto h = []() INLINE { }; g(1); }',
    reads: 'void f() { auto g = [&](int x) { use(x); }; auto h = []() { }; g(1); }',
  },
  {
    title: 'specifier macros between storage class and type',
    source: 'static RD_INLINE RD_UNUSED int64_t now(void) { return 0; }',
    reads: 'static int64_t now(void) { return 0; }',
  },
  {
    title: 'a lower-case specifier macro in front of words of the language',
    source: 'static forceinline char *name(int x) { return 0; }',
    reads: 'static char *name(int x) { return 0; }',
  },
  {
    title: 'an export macro before a named type and a pointer',
    source: 'LIB_API stream_t *stream_new(int size);',
    reads: 'stream_t *stream_new(int size);',
  },
  {
    title: 'export and calling convention around a return type',
    source: 'JNIEXPORT jint JNICALL Java_run(JNIEnv *env) { return 0; }',
    reads: 'jint Java_run(JNIEnv *env) { return 0; }',
  },
  {
    title: 'a calling convention in a function pointer',
    source: 'typedef int (CALLCONV *callback)(void *arg);',
    reads: 'typedef int ( *callback)(void *arg);',
  },
  {
    title: 'a macro with arguments behind the parameters',
    source: 'void say(const char *fmt, ...) PRINTF_LIKE(1, 2) COLD;\nint next;',
    reads: 'void say(const char *fmt, ...) ; int next;',
  },
  {
    title: 'a lower-case macro with arguments behind typed parameters',
    source: 'void say(const char *fmt, ...) printflike_(1, 2);\nint next;',
    reads: 'void say(const char *fmt, ...) ; int next;',
  },
  {
    title: 'a macro with arguments between the type and the name',
    source: 'static void v_matchproto_(cli_func_t)\nmgt_start(struct cli *cli, const char *arg)\n{ f(); }',
    reads: 'static void mgt_start(struct cli *cli, const char *arg) { f(); }',
  },
  {
    title: 'guard annotations behind a field and an array',
    source: 'struct s { int count GUARDED_BY(lock); char end[0] ALIGNED(64); } ALIGNED(64);',
    reads: 'struct s { int count ; char end[0] ; } ;',
  },
  {
    title: 'a macro in front of a tag',
    language: 'cpp',
    source: 'class LIB_EXPORT Cache : public Base { }; struct ALIGN_AS(64) Slot { int a; };',
    reads: 'class Cache : public Base { }; struct Slot { int a; };',
  },
  {
    title: 'a tagged type keeps its tag when a macro stands behind it',
    source: 'void f(void) { struct connection __maybe_unused *conn = 0; }',
    reads: 'void f(void) { struct connection *conn = 0; }',
  },
  {
    title: 'an object-like macro that the text defines as nothing',
    source: '#define checked\nstatic bool checked read_buf(int a);\n',
    reads: '#define checked static bool read_buf(int a);',
  },
  {
    title: 'names in capitals stay where they are types and names',
    source: 'static FILE *LOG; DIR *MAX(int A, SIZE B); struct URI uri;',
    reads: 'static FILE *LOG; DIR *MAX(int A, SIZE B); struct URI uri;',
  },
];

const EXPRESSIONS: ConditionCase[] = [
  {
    title: 'quotes that end in their line, escaped ones and line continuations',
    source: 'char *a = "\\\\", *b = "\\"", *c = "x\\\ny"; char d = \'\\\'\', e = \'"\';',
    reads: 'char *a = "\\\\", *b = "\\"", *c = "x\\ y"; char d = \'\\\'\', e = \'"\';',
  },
  {
    title: 'a string that is never closed',
    source: 'int a; /* */ "text ( {\nvoid f(void) { g(); }',
    reads: 'int a; /* */ void f(void) { g(); }',
  },
  {
    title: 'units as arguments, and behind an enumerator',
    source: 'int f(void) { return g(64 KB, 1 MB); } enum e { SIZE = 4 KB, };',
    reads: 'int f(void) { return g(64 , 1 ); } enum e { SIZE = 4 , };',
  },
  {
    title: 'types with stars and qualifiers as the argument of a macro',
    source: 'void f(void) { p = _RK_PTR(char **, base, 2); q = _RK_PTR(const struct a *const *, base, 1); }',
    reads: 'void f(void) { p = _RK_PTR( base, 2); q = _RK_PTR( a , base, 1); }',
  },
  {
    title: 'a macro between strings, and alone behind one',
    source: 'char *s = "a" MACRO "b" OTHER(1);',
    reads: 'char *s = "a" "b" ;',
  },
  {
    title: 'the built-in forms of va_arg and offsetof',
    source: 'int f(void) { return __builtin_va_arg(ap, int) + __builtin_offsetof(struct a, b); }',
    reads: 'int f(void) { return __builtin_va_arg(ap ) + __builtin_offsetof( a, b); }',
  },
  {
    title: 'a statement expression with a declaration in a condition',
    source: 'void f(void) { while (({ int a = g(); a > 0; })) h(); }',
    reads: 'void f(void) { while (({ int a = g(); a > 0; })) h(); }',
  },
  {
    title: 'pasted strings',
    source: 'void f(void) { log("%" PRIu64 " of " STR(MAX) "\\n", a); }',
    reads: 'void f(void) { log("%" " of " "\\n", a); }',
  },
  { title: 'a unit behind a number', source: 'int a = 64 KB + (1 + 2) MB;', reads: 'int a = 64 + (1 + 2) ;' },
  {
    title: 'va_arg with a pointer and with a word that is a type',
    source: 'void f(void) { p = va_arg(ap, foo_t *); n = va_arg(ap, unsigned int); }',
    reads: 'void f(void) { p = va_arg(ap, foo_t ); n = va_arg(ap ); }',
  },
  {
    title: 'a type as a macro argument keeps its name',
    source: 'void f(void) { e = container_of(p, struct entry, link); q = PTR(const char **, base, 3); }',
    reads: 'void f(void) { e = container_of(p, entry, link); q = PTR( base, 3); }',
  },
  {
    title: 'offsetof with a path',
    source: 'int a = offsetof(struct conn, peer.addr);',
    reads: 'int a = offsetof(struct conn, peer );',
  },
  {
    title: 'an operator and a missing argument',
    source: 'void f(void) { CHECK(a, ==, b); SET(x, , y); EXPECT(n, >= 3); }',
    reads: 'void f(void) { CHECK(a , b); SET(x , y); EXPECT(n, 3); }',
  },
  {
    title: 'typeof of an expression',
    source: 'void f(void) { __typeof__(*p) copy = *p; }',
    reads: 'void f(void) { __typeof__ copy = *p; }',
  },
  {
    title: 'alignof of an expression',
    source: 'int a = __alignof__(*p);',
    reads: 'int a = sizeof (*p);',
  },
  {
    title:
      'statement expressions, elvis, _Generic, designated initialisers, ranges and compound literals stay',
    source:
      'int a[] = { [0 ... 3] = 1, [4] = 2 }; int f(void) { int y = ({ int z = g(); z; }); return _Generic(y, int: h)(&(struct s){ .a = y ?: 1 }); }',
    reads:
      'int a[] = { [0 ... 3] = 1, [4] = 2 }; int f(void) { int y = ({ int z = g(); z; }); return _Generic(y, int: h)(&(struct s){ .a = y ?: 1 }); }',
  },
  {
    title: 'pieces of expressions in macros',
    source: 'int f(void) { return a == 1 IF_DEBUG(|| b) && (IF_UNIX(C |) D); }',
    reads: 'int f(void) { return a == 1 && ( D); }',
  },
  {
    title: 'inline assembly',
    source:
      'void f(void) { __asm__ volatile("mfence" ::: "memory"); asm goto("1:" : : : : out); out: return; }',
    reads: 'void f(void) { ; ; out: return; }',
  },
  {
    title: 'statements as macro arguments come out of the macro',
    source: 'void f(void) { forEach(list, struct node, n, if (n->a) { g(n); }); }',
    reads: 'void f(void) { if (n->a) { g(n); } ; }',
  },
];

const STATEMENTS: ConditionCase[] = [
  {
    title: 'a macro without semicolon between if and else gets one',
    source: 'void f(void) { if (a) SWAP(a, b)\n else g(); if (c) FOO else if (d) h(); }',
    reads: 'void f(void) { if (a) SWAP(a, b) ;else g(); if (c) FOO;else if (d) h(); }',
  },
  {
    title: 'where there is no room for one, the other branch stays',
    source: 'void f(void) { if (a) SWAP(a, b)\nelse g(); }',
    reads: 'void f(void) { g(); }',
  },
  {
    title: 'macros without semicolon that end a block get one, or without room take their heads with them',
    source:
      'void f(void) { if (a) { g();\n UNLOCK(m) } else SWAP(b)\n }\nvoid h(void) { if (c) BAR }\nvoid i(void) { if (a) g(); else if (b) SWAP(b)}',
    reads:
      'void f(void) { if (a) { g(); UNLOCK(m);} else SWAP(b) ;} void h(void) { if (c) BAR;} void i(void) { if (a) g(); }',
  },
  {
    title: 'a macro without semicolon at the end of a block of C++, on a line of its own',
    language: 'cpp',
    source: 'void f() {\n  if (a) {\n    g();\n    CHECK_RANGE(a)\n  } else {\n    h();\n  }\n}',
    reads: 'void f() { if (a) { g(); CHECK_RANGE(a) ; } else { h(); } }',
  },
  {
    title: 'macros that are defined inside of a function',
    source: 'void f(void) {\n#define EACH(x) \\\n  g(x)\n  EACH(1);\n#undef EACH\n  h();\n}',
    reads: 'void f(void) { EACH(1); h(); }',
  },
  {
    title: 'labels at the end of a block',
    source:
      'void f(void) { if (a) { done: } g(); one: two:\n }\nvoid h(void) { switch (a) { case 1: default: } }',
    reads:
      'void f(void) { if (a) { done:;} g(); one: two: ;} void h(void) { switch (a) { case 1: default:;} }',
  },
  {
    title: 'a label alone in a block without room for a semicolon',
    source: 'void f(void) { if (a) {done:} g(); }',
    reads: 'void f(void) { if (a) { } g(); }',
  },
  {
    title: 'computed goto through a table',
    source: 'void f(void) { static void *t[] = { &&a, &&b }; goto *t[i]; a: g(); b: h(); }',
    reads: 'void f(void) { static void *t[] = { &a, &b }; *t[i]; a: g(); b: h(); }',
  },
  {
    title: 'a loop macro before a block',
    source: 'void f(void) { TAILQ_FOREACH(e, &head, link) { g(e); } }',
    reads: 'void f(void) { while (e, &head, link) { g(e); } }',
  },
  {
    title: 'a loop macro before a statement, nested and with a type',
    source:
      'void f(void) {\n  list_for_each_entry(a, &x, l)\n    FOR_ALL(struct b *, b, a)\n      if (b) g(b);\n}',
    reads: 'void f(void) { while (a, &x, l) while ( b , b, a) if (b) g(b); }',
  },
  {
    title: 'a loop macro is a loop even where its body is not indented',
    source: 'void f(void) {\n  TAILQ_FOREACH(e, &head, link)\n  g(e);\n}',
    reads: 'void f(void) { while (e, &head, link) g(e); }',
  },
  {
    title: 'a loop macro with the three parts of a for',
    source: 'void f(void) { EACH(i = 0; i < n; i++) { g(i); } }',
    reads: 'void f(void) { for (i = 0; i < n; i++) { g(i); } }',
  },
  {
    title: 'a macro shorter than the keyword, which takes a blank before it',
    source: 'void f(void) { LOOP(i) { g(i); } }',
    reads: 'void f(void) {while(i) { g(i); } }',
  },
  {
    title: 'a macro shorter than the keyword, with no blank that parts nothing',
    source: 'void f(void) {LOOP(i) { g(i); } if (n) g(0); else LOOP(n) { g(n); } }',
    reads: 'void f(void) {if (i) { g(i); } if (n) g(0); else if (n) { g(n); } }',
  },
  {
    title: 'a call that is a complete statement stays the call it is',
    source: 'void f(void) { LOCK(x); if (a) UNLOCK(x); else RELOCK (x); for (;;) g(); (void)h(); }',
    reads: 'void f(void) { LOCK(x); if (a) UNLOCK(x); else RELOCK (x); for (;;) g(); (void)h(); }',
  },
  {
    title: 'macros without semicolon',
    source: 'void f(void) {\n  BEGIN_ALLOW_THREADS\n  n = read(fd);\n  CHECK_RANGE(n)\n  return;\n}',
    reads: 'void f(void) { BEGIN_ALLOW_THREADS ; n = read(fd); CHECK_RANGE(n) ; return; }',
  },
  {
    title: 'macros without semicolon on one line, behind a comment, and before a declaration',
    source: 'void f(void) {\n  LOCK(x) /* a */ g(); UNLOCK(x)\n  // b\n  LOCK(y) int n = 1; }',
    reads: 'void f(void) { LOCK(x);/* a */ g(); UNLOCK(x) ; // b LOCK(y);int n = 1; }',
  },
  {
    title: 'a macro before a statement on its line is what its definition makes of it',
    source: `#define STOP(x) do { if (x) return; } while (0)
#define WHEN(x) if (x)
#define ROUND(x, l) for (x = l; x; x = x->n)
#define ROUND_SOME(x, l) ROUND(x, l) if (x->some)
void f(void) { STOP(a) g(); WHEN(a) h(); ROUND(e, l) i(e); ROUND_SOME(e, l) j(e); WHEN(b) { k(); } }`,
    reads: `#define STOP(x) do { if (x) return; } while (0) #define WHEN(x) if (x) #define ROUND(x, l) for (x = l; x; x = x->n) #define ROUND_SOME(x, l) ROUND(x, l) if (x->some) void f(void) { STOP(a);g(); if (a) h(); while(e, l) i(e); while (e, l) j(e); if (b) { k(); } }`,
  },
  {
    title: 'and without a definition what its name and its arguments look like',
    source:
      'void f(void) { STOP_IF(a) g(); IF_DEBUG(a) h(); LIST_FOREACH(e, &l, n) i(e); SCAN(e, &l, n) j(e); CHECK(a, 3) k(a); }',
    reads:
      'void f(void) { STOP_IF(a);g(); if (a) h(); while (e, &l, n) i(e);while(e, &l, n) j(e); CHECK(a, 3);k(a); }',
  },
  {
    title: 'endless loops of macros',
    source: '#define forever for (;;)\nvoid f(void) { FOREVER() { g(); } forever { h(); } }',
    reads: '#define forever for (;;) void f(void) { for(;;) { g(); } for(;;) { h(); } }',
  },
  {
    title: 'a macro that makes the parentheses of a head',
    source: 'void f(void) { if likely(x) g(); while UNLIKELY(y) h(); }',
    reads: 'void f(void) { if (x) g(); while (y) h(); }',
  },
  {
    title: 'case ranges and computed goto',
    source:
      "void f(void) { switch (c) { case 'a' ... 'z': goto *table[c]; } void *t[] = { &&out }; goto *p; out: ; }",
    reads: "void f(void) { switch (c) { case 'a' : *table[c]; } void *t[] = { &out }; goto p; out: ; }",
  },
  {
    title: 'an attribute macro before a local declaration is no loop',
    source: 'void f(void) { ALIGN(16) vec *p = g(); ALIGN(16) vec a[4]; }',
    reads: 'void f(void) { vec *p = g(); vec a[4]; }',
  },
];

const FILE_LEVEL: ConditionCase[] = [
  {
    title: 'assertions among the members of a struct',
    source: 'struct s { int a; _Static_assert(sizeof(int) == 4, "int"); static_assert(1); int b; };',
    reads: 'struct s { int a; int b; };',
  },
  {
    title: 'a macro that makes a signature with a type and parameters: the name in the middle',
    source: 'static DEFINE_FN(int, name, (int a, int b)) { g(); }',
    reads: 'static DEFINE_FN( name ) { g(); }',
  },
  {
    title: 'a macro around the type of a function',
    source: 'PUBLIC(int) f(int a) { return a; }',
    reads: 'PUBLIC(int) f(int a) { return a; }',
  },
  {
    title: 'array parameters with static, a star and qualifiers',
    source: 'void f(int n, int a[static n], int b[*], int c[restrict]) { }',
    reads: 'void f(int n, int a[static n], int b[*], int c[restrict]) { }',
  },
  {
    title: 'declaration-list macros without semicolon',
    source: 'BEGIN_DECLS\nDEFINE_LIST(a, b)\nDEFINE_LIST(c, d)\nint x;\nEND_DECLS',
    reads: 'int x;',
  },
  {
    title: 'list heads of sys/queue.h',
    source:
      'static TAILQ_HEAD(, conn) conns = INIT(conns); struct s { TAILQ_HEAD(, conn) all; TAILQ_ENTRY(conn) link; };',
    reads: 'static TAILQ_HEAD conns = INIT(conns); struct s { TAILQ_HEAD all; TAILQ_ENTRY(conn) link; };',
  },
  {
    title: 'a macro that makes a signature: the last name is the function',
    source: 'TEST(suite, adds) { g(); }\nstatic HANDLER(run) { h(); }',
    reads: 'TEST( adds) { g(); } static HANDLER(run) { h(); }',
  },
  {
    title: 'a macro around a whole signature',
    source: 'UNUSED_FN(static void tick(loop_t *loop)) { g(loop); }',
    reads: 'static void tick(loop_t *loop) { g(loop); }',
  },
  {
    title: 'a macro around a declaration',
    source: '__decl_thread(static pthread_mutex_t init_lock = PTHREAD_MUTEX_INITIALIZER);',
    reads: 'static pthread_mutex_t init_lock = PTHREAD_MUTEX_INITIALIZER ;',
  },
  {
    title: 'old-style definitions stay',
    source: 'int add(a, b) int a; my_t b; { return a; }',
    reads: 'int add(a, b) int a; my_t b; { return a; }',
  },
  {
    title: 'enumerators made by macros',
    source: 'enum e { A DEPRECATED(1, "x") = 3, OPT(B, LONG, 1), LIST(X)\n C, D = 7\n OLD(E)\n};',
    reads: 'enum e { A = 3, OPT , C, D = 7 };',
  },
  {
    title: 'directives inside of initialisers',
    source:
      'static int t[] = {\n#define X(a) a,\n#include "table.h"\n#undef X\n 0 };\n#define KEPT 1\nint y;\n',
    reads: 'static int t[] = { 0 }; #define KEPT 1 int y;',
  },
  {
    title: 'a bit field without name and a stray semicolon',
    source: 'struct s { int : 3; unsigned a : 2;; };',
    reads: 'struct s { int ; unsigned a : 2; };',
  },
  {
    title: 'C11 thread storage',
    source: '_Thread_local int a; static _Thread_local char b[4];',
    reads: 'thread_local int a; static thread_local char b[4];',
  },
];

const CPP: ConditionCase[] = [
  {
    title: 'a macro before a constructor with initialisers inside of the class',
    language: 'cpp',
    source: 'class A { COLD A(int a) : a_(a) { } COLD int b() { return 1; } int a_; };',
    reads: 'class A { A(int a) : a_(a) { } int b() { return 1; } int a_; };',
  },
  {
    title: 'a value of a dependent type',
    language: 'cpp',
    source:
      'template <typename T> typename T::a f(typename T::b c) { g(typename T::c(), 1); return typename T::d{c}; }',
    reads: 'template <typename T> typename T::a f(typename T::b c) { g( T::c(), 1); return T::d{c}; }',
  },
  {
    title: 'a macro before a constructor and a destructor outside of the class',
    language: 'cpp',
    source: 'COLD Class::Class(int a) : a_(a) { }\nCOLD ns::Class::~Class() { }\nCOLD Type Class::get() { }',
    reads: 'Class::Class(int a) : a_(a) { } ns::Class::~Class() { } Type Class::get() { }',
  },
  {
    title: 'a value of a deduced type',
    language: 'cpp',
    source: 'void f() { a = decltype(b)(c, 1); g(decltype(b)(c)); auto h() -> decltype(b()); }',
    reads: 'void f() { a = (c, 1); g( (c)); auto h() -> decltype(b()); }',
  },
  {
    title: 'newer statements stay',
    language: 'cpp',
    source:
      'void f() { if constexpr (x) { g(); } else [[likely]] { h(); } for (auto &[k, v] : m) g(k, v); }\nint main() try { g(); } catch (...) { h(); }',
    reads:
      'void f() { if constexpr (x) { g(); } else { h(); } for (auto &[k, v] : m) g(k, v); } int main() try { g(); } catch (...) { h(); }',
  },
  {
    title: 'constructors are no macros, with and without initialisers',
    language: 'cpp',
    source:
      'class DB { DB(Options *o); explicit DB(int n) : n_{n}, m_(n) { init(); } ~DB() ANNOTATED() { } int n_; };',
    reads: 'class DB { DB(Options *o); explicit DB(int n) : n_{n}, m_(n) { init(); } ~DB() { } int n_; };',
  },
  {
    title: 'macros behind qualified methods and members',
    language: 'cpp',
    source:
      'struct S { int load() const ACQUIRE_NOEXCEPT; std::set<int> out_ GUARDED_BY(mu_); void f() REQUIRES(mu_) {} };',
    reads: 'struct S { int load() const ; std::set<int> out_ ; void f() {} };',
  },
  {
    title: 'a test macro',
    language: 'cpp',
    source: 'TEST_F(CacheTest, Empty) { EXPECT_EQ(2 SECS, now()); }',
    reads: 'TEST_F( Empty) { EXPECT_EQ(2 , now()); }',
  },
  {
    title: 'pointers to members',
    language: 'cpp',
    source: 'typedef int (T::*step_t)(int); int f(T *t, step_t s) { return (t->*s)(1); }',
    reads: 'typedef int ( *step_t)(int); int f(T *t, step_t s) { return (t- s)(1); }',
  },
  {
    title: 'calls through pointers to members of an object, and members that are only read',
    language: 'cpp',
    source: 'int f(T &t, step_t s, int T::*n) { return (t.*s)(1) + t.*n + (t.*n); }',
    reads: 'int f(T &t, step_t s, int *n) { return (t+ s)(1) + t. n + ( n); }',
  },
  {
    title: 'explicit instantiation and inherited types',
    language: 'cpp',
    source: 'template class Cache<int>; struct A : B<int> { using typename B<int>::type; };',
    reads: '; struct A : B<int> { using B<int>::type; };',
  },
  {
    title: 'allocation of pointers',
    language: 'cpp',
    source: 'void f() { a = new Node*[n]; b = new (node_t); p = operator new(size); }',
    reads: 'void f() { a = new Node [n]; b = new node_t ; p = new size ; }',
  },
  {
    title: 'defaults of unnamed parameters',
    language: 'cpp',
    source: 'void f(Ctx * = nullptr, const std::vector<int> v = {}, int n = 3);',
    reads: 'void f(Ctx * , const std::vector<int> v , int n = 3);',
  },
  {
    title: 'lambdas, braces and template arguments in calls stay',
    language: 'cpp',
    source:
      'void f() { run([&](int a) mutable { g(a); }, std::pair<int, long>(1, 2), size_t{1}); lock_guard<mutex> l{m}; }',
    reads:
      'void f() { run([&](int a) mutable { g(a); }, std::pair<int, long>(1, 2), size_t{1}); lock_guard<mutex> l{m}; }',
  },
  {
    title: 'a brace guard as a statement of its own stays',
    language: 'cpp',
    source: 'void f() { std::lock_guard{m}; Guard{m}; Guard(m); }',
    reads: 'void f() { std::lock_guard{m}; Guard{m}; Guard(m); }',
  },
  {
    title: 'raw strings and digit separators',
    language: 'cpp',
    source: 'auto a = R"x({"#if 0 )" ((()x"; int b = 1\'000\'000; int c = 2;',
    reads: 'auto a = R"x({"#if 0 )" ((()x"; int b = 1\'000\'000; int c = 2;',
  },
];

const CONDITIONALS: ConditionCase[] = [
  {
    title: 'a conditional that splits a signature',
    source: 'static int\n#ifdef _WIN32\nf(long a)\n#else\nf(int a)\n#endif\n{ return 0; }',
    reads: 'static int f(int a) { return 0; }',
  },
  {
    title: 'a conditional in a list of parameters, of values and of members',
    source:
      'int f(int a,\n#ifdef __linux__\n int b\n#else\n long b\n#endif\n);\nint t[] = { 1,\n#if 1\n 2,\n#endif\n 3 };\nstruct s {\n#ifdef _WIN32\n long a;\n#else\n int a;\n#endif\n} v;',
    reads: 'int f(int a, int b ); int t[] = { 1, 2, 3 }; struct s { int a; } v;',
  },
  {
    title: 'a conditional that takes an else if out of its chain',
    source: 'void f(int a) { if (a == 1) g();\n#ifdef _WIN32\n else if (a == 3) i();\n#endif\n else j(); }',
    reads: 'void f(int a) { if (a == 1) g(); else j(); }',
  },
  {
    title: 'a conditional between cases and in an expression',
    source:
      'int f(int a) { switch (a) {\n#if 0\n case 1: g();\n#endif\n default: h(); } return a &&\n#ifdef __linux__\n g(a);\n#else\n h(a);\n#endif\n}',
    reads: 'int f(int a) { switch (a) { default: h(); } return a && g(a); }',
  },
  {
    title: 'braces that open and close under the same unknown condition',
    source:
      'void f(void) {\n#if defined(MY_FEATURE)\n  if (a) {\n#endif\n    g();\n#if defined(MY_FEATURE)\n  }\n#endif\n}',
    reads: 'void f(void) { if (a) { g(); } }',
  },
  {
    title: 'a conditional that splits if and else',
    source:
      'void f(void) {\n#ifdef _WIN32\n  if (a) {\n#else\n  if (b) {\n#endif\n    g();\n  }\n#if 0\n  else {\n#endif\n#if 0\n  }\n#endif\n}',
    reads: 'void f(void) { if (b) { g(); } }',
  },
  {
    title: 'linkage braces behind __cplusplus',
    source: '#ifdef __cplusplus\nextern "C" {\n#endif\nint f(void);\n#ifdef __cplusplus\n}\n#endif\n',
    reads: 'int f(void);',
  },
  {
    title: 'the same in C++',
    language: 'cpp',
    source: '#ifdef __cplusplus\nextern "C" {\n#endif\nint f(void);\n#ifdef __cplusplus\n}\n#endif\n',
    reads: 'extern "C" { int f(void); }',
  },
  {
    title: 'an include guard and a default',
    source: '#ifndef A_H\n#define A_H\n#ifndef MAX\n#define MAX 3\n#endif\nint a[MAX];\n#endif\n',
    reads: '#define A_H #define MAX 3 int a[MAX];',
  },
  {
    title: 'the branch that refuses to compile is not taken',
    source:
      '#if defined(MY_POSIX_VARIANT)\nint a;\n#elif defined(MY_OTHER)\nint b;\n#else\n#error "no variant"\n#endif\n',
    reads: 'int a;',
  },
  {
    title: 'of branches that open a block one is taken',
    source: 'void f(void) {\n#ifdef FANCY\n  if (a) {\n#elif CRUDE\n  if (b) {\n#endif\n    g();\n  }\n}',
    reads: 'void f(void) { if (a) { g(); } }',
  },
  {
    title: 'apostrophes and quotes in prose that is not compiled',
    source: "#if 0\nit's \"not code\n#else\nint a;\n#endif\n#error don't\nint b;\n",
    reads: 'int a; int b;',
  },
];

const NEWER: ConditionCase[] = [
  {
    title: 'calling conventions of Windows',
    source: 'int WINAPI f(void *p) { return 0; } static int __stdcall g(int a) { return a; }',
    reads: 'int f(void *p) { return 0; } static int g(int a) { return a; }',
  },
  {
    title: 'underlying types of enumerations in C23',
    source: 'enum e : unsigned char { A, B }; int f(int a) { return a ? A : B; }',
    reads: 'enum e { A, B }; int f(int a) { return a ? A : B; }',
  },
  {
    title: 'underlying types of enumerations in C++',
    language: 'cpp',
    source: 'enum class color : unsigned { red }; enum : std::uint8_t { one }; enum struct later : long;',
    reads: 'enum class color { red }; enum { one }; enum struct later ;',
  },
  {
    title: 'integers of any width and deduced types in C23',
    source: 'int f(_BitInt(24) b) { auto z = b; auto int y = 2; return z + y; }',
    reads: 'int f(int b) { int z = b; auto int y = 2; return z + y; }',
  },
  {
    title: 'attributes, separators and words of C23',
    source:
      "[[nodiscard, gnu::pure]] static int f([[maybe_unused]] int a) { static_assert(sizeof(int) == 4); return a == nullptr ? 0b1010'1111 : 1'000; }",
    reads:
      "static int f( int a) { static_assert(sizeof(int) == 4); return a == nullptr ? 0b1010'1111 : 1'000; }",
  },
  {
    title: 'lines of modules',
    language: 'cpp',
    source:
      'module;\n#include <mutex>\nexport module net.core:part;\nimport std;\nimport <vector>;\nexport import :other;\nint f() { return 1; }',
    reads: '#include <mutex> int f() { return 1; }',
  },
  {
    title: 'words that only look like lines of modules',
    language: 'cpp',
    source: 'void f(module *m) { module n; import = 3; n.export_all(m); }',
    reads: 'void f(module *m) { module n; import = 3; n.export_all(m); }',
  },
  {
    title: 'exported declarations',
    language: 'cpp',
    source:
      'export namespace n { export int f() { return 1; } export class C { int g() { return 2; } }; } export { int k() { return 3; } }',
    reads: 'namespace n { int f() { return 1; } class C { int g() { return 2; } }; } int k() { return 3; }',
  },
  {
    title: 'of if consteval what runs with the program',
    language: 'cpp',
    source:
      'int f(int x) { if consteval { return 1; } else { return x; } } int g(int x) { if !consteval { return x; } return 2; }',
    reads: 'int f(int x) { { return x; } } int g(int x) { { return x; } return 2; }',
  },
  {
    title: 'concepts, coroutines, templated lambdas and conditional explicit',
    language: 'cpp',
    source:
      'template <typename T> concept L = requires(T t) { t.lock(); }; template <L M> requires (sizeof(M) > 0) void f(M &m, auto &&g) { g(m); } task r() { co_await s(); co_return; } auto l = []<typename T>(T t) mutable noexcept -> int { return t; }; struct S { explicit(true) S(int) {} auto operator<=>(const S &) const = default; };',
    reads:
      'template <typename T> concept L = requires(T t) { t.lock(); }; template <L M> requires (sizeof(M) > 0) void f(M &m, auto &&g) { g(m); } task r() { co_await s(); co_return; } auto l = []<typename T>(T t) mutable noexcept -> int { return t; }; struct S { explicit S(int) {} auto operator<=>(const S &) const = default; };',
  },
];

const MEMBERS: ConditionCase[] = [
  {
    title: 'sections and macros of their own line',
    language: 'cpp',
    source:
      'class W : public QObject {\n  Q_OBJECT\n  Q_PROPERTY(int a READ b)\npublic slots:\n  void go();\nsignals:\n  void done();\nprivate Q_SLOTS:\n  void k();\nQ_SIGNALS:\n  void e();\n};',
    reads: 'class W : public QObject { public : void go(); void done(); private : void k(); void e(); };',
  },
  {
    title: 'what a loop macro declares, and a loop without a head',
    language: 'cpp',
    source: 'void f() { foreach (const Item &item, items) { use(item); } forever { if (z()) break; } }',
    reads: 'void f() { while ( item, items) { use(item); } forever;{ if (z()) break; } }',
  },
  {
    title: 'objects made without a name stay',
    language: 'cpp',
    source: 'void f() { item{1}; item{ [&] { g(); } }; }',
    reads: 'void f() { item{1}; item{ [&] { g(); } }; }',
  },
];

export const CASES: readonly (readonly [string, readonly ConditionCase[]])[] = [
  ['attributes', ATTRIBUTES],
  ['expressions', EXPRESSIONS],
  ['statements', STATEMENTS],
  ['file level', FILE_LEVEL],
  ['C++', CPP],
  ['conditionals', CONDITIONALS],
  ['newer standards', NEWER],
  ['members of classes', MEMBERS],
];
