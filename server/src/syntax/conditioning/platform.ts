/**
 * What conditionals are decided by where the text does not say it: a Linux build with gcc and threads. Data only.
 */

/** Macros that gcc and glibc define on such a build. */
const DEFINED: Readonly<Record<string, string>> = {
  __linux__: '1',
  __linux: '1',
  linux: '1',
  __unix__: '1',
  __unix: '1',
  unix: '1',
  __gnu_linux__: '1',
  __ELF__: '1',
  __GNUC__: '13',
  __GNUC_MINOR__: '2',
  __GNUC_PATCHLEVEL__: '0',
  __GLIBC__: '2',
  __GLIBC_MINOR__: '38',
  __STDC__: '1',
  __STDC_HOSTED__: '1',
  __OPTIMIZE__: '1',
  __x86_64__: '1',
  __x86_64: '1',
  __amd64__: '1',
  __amd64: '1',
  __LP64__: '1',
  _LP64: '1',
  __SSE__: '1',
  __SSE2__: '1',
  __CHAR_BIT__: '8',
  CHAR_BIT: '8',
  __SIZEOF_POINTER__: '8',
  __SIZEOF_LONG__: '8',
  __SIZEOF_INT__: '4',
  __SIZEOF_SIZE_T__: '8',
  __SIZEOF_INT128__: '16',
  __SIZEOF_LONG_LONG__: '8',
  SIZEOF_LONG: '8',
  SIZEOF_INT: '4',
  SIZEOF_SIZE_T: '8',
  SIZEOF_VOID_P: '8',
  __ORDER_LITTLE_ENDIAN__: '1234',
  __ORDER_BIG_ENDIAN__: '4321',
  __BYTE_ORDER__: '1234',
  __BYTE_ORDER: '1234',
  __LITTLE_ENDIAN: '1234',
  __BIG_ENDIAN: '4321',
  BYTE_ORDER: '1234',
  LITTLE_ENDIAN: '1234',
  BIG_ENDIAN: '4321',
  INT_MAX: '0x7fffffff',
  UINT_MAX: '0xffffffff',
  LONG_MAX: '0x7fffffffffffffff',
  LLONG_MAX: '0x7fffffffffffffff',
  ULONG_MAX: '0xffffffffffffffff',
  SIZE_MAX: '0xffffffffffffffff',
  UINTPTR_MAX: '0xffffffffffffffff',
  INTPTR_MAX: '0x7fffffffffffffff',
  _POSIX_C_SOURCE: '200809L',
  _POSIX_VERSION: '200809L',
  _XOPEN_SOURCE: '700',
  _XOPEN_VERSION: '700',
  _POSIX_THREADS: '200809L',
  _POSIX_TIMERS: '200809L',
  _POSIX_MONOTONIC_CLOCK: '0',
  _POSIX_BARRIERS: '200809L',
  _POSIX_SPIN_LOCKS: '200809L',
  _POSIX_READER_WRITER_LOCKS: '200809L',
  _POSIX_TIMEOUTS: '200809L',
  _POSIX_SEMAPHORES: '200809L',
  _REENTRANT: '1',
  _GNU_SOURCE: '1',
  _DEFAULT_SOURCE: '1',
  __USE_GNU: '1',
  __GCC_HAVE_SYNC_COMPARE_AND_SWAP_1: '1',
  __GCC_HAVE_SYNC_COMPARE_AND_SWAP_2: '1',
  __GCC_HAVE_SYNC_COMPARE_AND_SWAP_4: '1',
  __GCC_HAVE_SYNC_COMPARE_AND_SWAP_8: '1',
  __ATOMIC_RELAXED: '0',
  __ATOMIC_CONSUME: '1',
  __ATOMIC_ACQUIRE: '2',
  __ATOMIC_RELEASE: '3',
  __ATOMIC_ACQ_REL: '4',
  __ATOMIC_SEQ_CST: '5',
  NULL: '0',
  EAGAIN: '11',
  EWOULDBLOCK: '11',
  EINTR: '4',
  ENOTSUP: '95',
  EOPNOTSUPP: '95',
  ETIMEDOUT: '110',
  O_CLOEXEC: '02000000',
  O_NONBLOCK: '04000',
  SOCK_CLOEXEC: '02000000',
  SOCK_NONBLOCK: '04000',
  MSG_NOSIGNAL: '0x4000',
  MSG_DONTWAIT: '0x40',
  MSG_MORE: '0x8000',
  SO_REUSEPORT: '15',
  SO_REUSEADDR: '2',
  SO_KEEPALIVE: '9',
  SO_BINDTODEVICE: '25',
  TCP_NODELAY: '1',
  TCP_CORK: '3',
  TCP_KEEPIDLE: '4',
  TCP_KEEPINTVL: '5',
  TCP_KEEPCNT: '6',
  TCP_DEFER_ACCEPT: '9',
  TCP_INFO: '11',
  TCP_FASTOPEN: '23',
  TCP_USER_TIMEOUT: '18',
  AF_INET: '2',
  AF_INET6: '10',
  AF_UNIX: '1',
  PF_INET6: '10',
  F_DUPFD_CLOEXEC: '1030',
  FD_CLOEXEC: '1',
  CLOCK_REALTIME: '0',
  CLOCK_MONOTONIC: '1',
  CLOCK_MONOTONIC_COARSE: '6',
  MAP_ANONYMOUS: '0x20',
  MAP_ANON: '0x20',
  MADV_DONTNEED: '4',
  MADV_FREE: '8',
  MADV_HUGEPAGE: '14',
  RLIMIT_NOFILE: '7',
  RLIMIT_CORE: '4',
  SIGPIPE: '13',
  SIGUSR1: '10',
  SIGUSR2: '12',
  SIGWINCH: '28',
  SA_SIGINFO: '4',
  SA_RESTART: '0x10000000',
  SYS_gettid: '186',
  SYS_futex: '202',
  __NR_gettid: '186',
  EPOLLRDHUP: '0x2000',
  POLLRDHUP: '0x2000',
  PTHREAD_STACK_MIN: '16384',
  PTHREAD_MUTEX_INITIALIZER: '1',
  IOV_MAX: '1024',
  PATH_MAX: '4096',
  __GTHREADS: '1',
};

const DEFINED_C: Readonly<Record<string, string>> = { __STDC_VERSION__: '201710L' };

const DEFINED_CPP: Readonly<Record<string, string>> = {
  __cplusplus: '201703L',
  __GNUG__: '13',
  __EXCEPTIONS: '1',
  __cpp_exceptions: '199711L',
  __GXX_RTTI: '1',
  __cpp_rtti: '199711L',
  __GXX_EXPERIMENTAL_CXX0X__: '1',
  __GLIBCXX__: '20230801',
  _GLIBCXX_HAS_GTHREADS: '1',
};

export const PREDEFINED = {
  c: new Map(Object.entries({ ...DEFINED, ...DEFINED_C })),
  cpp: new Map(Object.entries({ ...DEFINED, ...DEFINED_CPP })),
} as const;

/** Probes of the compiler that hold on such a build whatever they are asked, by the name of the probe. */
export const PROBES: ReadonlyMap<string, boolean> = new Map([
  ['__has_include', true],
  ['__has_include_next', true],
  ['__has_attribute', true],
  ['__has_cpp_attribute', true],
  ['__has_c_attribute', true],
  ['__has_builtin', true],
  ['__has_feature', false],
  ['__has_extension', false],
  ['__has_warning', false],
  ['__has_declspec_attribute', false],
  ['__GNUC_PREREQ', true],
  ['__GLIBC_PREREQ', true],
]);

/**
 * Parts of a macro's name (between underscores, in capitals) that say it belongs to another platform, to another
 * way of building, or that it takes something away: such a macro is not defined unless the text defines it.
 */
const ABSENT_PARTS = new Set(
  (
    'WIN WIN32 WIN64 WINDOWS WINNT WINRT WINSOCK WINSOCK2 WINAPI MSC MSVC MINGW MINGW32 MINGW64 CYGWIN CYGWIN32 ' +
    'BORLANDC WATCOMC DOS MSDOS DJGPP OS2 APPLE DARWIN MAC MACOS MACOSX OSX MACH IOS KQUEUE EVPORT ' +
    'SUN SUNOS SOLARIS SVR4 AIX HPUX IRIX SGI HAIKU BEOS QNX QNXNTO VXWORKS ANDROID EMSCRIPTEN WASM WASI FREEBSD ' +
    'NETBSD OPENBSD DRAGONFLY BSD BSDI MINIX HURD VMS AMIGA RISCOS SYMBIAN NUTTX ZEPHYR ESP32 ESP8266 ARDUINO ' +
    'FREERTOS RTEMS XBOX UWP ARM ARM64 ARMV7 AARCH64 NEON MIPS MIPS64 PPC PPC64 POWERPC POWERPC64 S390 S390X ' +
    'SPARC SPARC64 RISCV LOONGARCH LOONGARCH64 ALPHA IA64 HPPA M68K I386 I486 I586 I686 BIGENDIAN ' +
    'CLANG ICC INTEL TINYC LCC PGI NVCC CUDACC WOLFSSL MBEDTLS GNUTLS SCHANNEL SECTRANSP BORINGSSL LIBRESSL RUSTLS ' +
    'NO NOT WITHOUT DISABLE DISABLED OMIT SKIP AVOID UNUSED NDEBUG LITE MINIMAL OLD LEGACY OBSOLETE DEPRECATED ' +
    'BROKEN MISSING DEBUG DEBUGGING TEST TESTS TESTING UNITTEST UNITTESTS FUZZ FUZZING FUZZER ' +
    'COVERAGE GCOV VALGRIND SANITIZE SANITIZER ASAN TSAN MSAN UBSAN ' +
    'LINT SPLINT COVERITY DOXYGEN SWIG NOTYET TODO FIXME HACK EXPERIMENTAL SINGLE NOTHREADS NOTHREAD STANDALONE MAIN ' +
    'H HH HPP INCLUDED EXPORTS DLL CUSTOM UNITY'
  ).split(' '),
);

/** The same, unless the name also says that the build wants it. */
const OPTIONAL_PARTS = new Set('TRACE TRACING VERBOSE BENCH BENCHMARK PROFILE PROFILING PROFILER'.split(' '));

/** First parts of the names by which a build says that it has or wants something. */
const PRESENT_PREFIXES = new Set(
  'HAVE HAS USE USES USING WITH WANT WANTS ENABLE ENABLED SUPPORT SUPPORTS BUILD CONFIG FEATURE'.split(' '),
);

/** Anywhere in a name, these say the same, or name what such a build runs on. */
const PRESENT_PARTS = new Set(
  (
    'HAVE WITH ENABLE ENABLED USE USING SUPPORT SUPPORTED PTHREAD PTHREADS THREADS THREADSAFE ' +
    'LINUX POSIX UNIX GNU GCC GLIBC EPOLL EVENTFD'
  ).split(' '),
);

/** What the name of a macro says about a build that nobody describes. */
export type Guess = 'present' | 'absent' | 'unknown';

/** What a macro that nobody defines is taken for, by its name alone. */
export function guess(name: string): Guess {
  // Reserved and small names belong to compilers and platforms, all of which are in the table above.
  if (name.startsWith('_') || !/[A-Z]/.test(name)) return 'absent';
  const parts = name.toUpperCase().split('_').filter(Boolean);
  if (parts.some((part) => ABSENT_PARTS.has(part))) return 'absent';
  if (PRESENT_PREFIXES.has(parts[0] ?? '')) return 'present';
  if (parts.some((part) => PRESENT_PARTS.has(part))) return 'present';
  return parts.some((part) => OPTIONAL_PARTS.has(part)) ? 'absent' : 'unknown';
}

/** An unknown version number in a comparison is taken to be recent. */
export function isVersionName(name: string): boolean {
  return /VERSION|_VER$/i.test(name);
}

export const RECENT_VERSION = 0x7fffffffn;
