/**
 * The texts of `--help`.
 */

const GENERAL = `threadlint finds concurrency bugs in C and C++ sources, with no build and no annotations.

Usage:
  threadlint check [paths...]    find bugs in files and folders (default: the current folder)
  threadlint explain RULE        say what a rule finds, why it matters, and how to repair it
  threadlint rules               list the rules
  threadlint stats [paths...]    say how much was read and understood, and what it cost
  threadlint threads [paths...]  list where threads are created, how they end, and who joins them
  threadlint help [COMMAND]      say more about a command

Options:
  -h, --help       show this, or a command's help
  -V, --version    show the version

Exit codes:
  0  nothing to repair     1  findings of level warning or error     2  wrong usage, or a path
  that could not be checked     130  cancelled

Examples:
  threadlint check
  threadlint check src include --rule lock-order
  threadlint check --format sarif > threadlint.sarif
`;

const CHECK = `Usage: threadlint check [options] [paths...]

Checks all C and C++ files below the given folders together, since a lock may be taken in one file
and released in another. A file that is named is checked whatever its extension. Files that
.gitignore names, and node_modules folders, are left out.

Options:
  -f, --format FORMAT    text (default), json, sarif (2.1.0), or github (workflow annotations)
  -r, --rule ID          run this rule only; repeat it, or give a list: --rule lock-order,double-lock
  -x, --exclude GLOB     leave out files and folders, as .gitignore would; {a,b} works too; repeatable
  -c, --config FILE      use this configuration file instead of the nearest threadlint.json upwards
  -D, --define NAME[=VALUE]
  -U, --undefine NAME    choose the branches of #if as a compiler with these options would; repeatable
  -j, --jobs N           read files in N threads (default: one for each processor)
      --show-possible    also show findings that depend on code that is not visible
  -v, --verbose          list everything that was not checked or not understood
  -h, --help             show this

Configuration (threadlint.json, comments allowed):
  { "severity": { "lock-order": "error", "thread-not-joined": "off" }, "exclude": ["third_party/"] }
  A level is one of error, warning, information, off. Findings of level information do not fail.
  { "defines": { "WITH_THREADS": "1" }, "undefines": ["NDEBUG"] } is what -D and -U say, for always.

A compile_commands.json or compile_flags.txt in the current folder, a given folder, or the build
folder of one of these gives macros and language where nothing else does. Nothing in them is run.

Examples:
  threadlint check
  threadlint check src --exclude '**/test/**'
  threadlint check src/pool.c --rule thread-not-joined
  threadlint check -D WITH_THREADS -U NDEBUG
  threadlint check --format json | jq '.findings[].rule'
`;

const EXPLAIN = `Usage: threadlint explain RULE

Shows a rule's page: what it finds, why that is a bug, examples, known problems, and its CWE, CERT
and MISRA numbers.

Examples:
  threadlint explain lock-order
`;

const RULES = `Usage: threadlint rules [--format text|json]

Lists every rule with its default level.

Examples:
  threadlint rules
  threadlint rules --format json
`;

const STATS = `Usage: threadlint stats [options] [paths...]

Checks like \`threadlint check\`, but reports on the check itself: files, lines, functions, functions
with parse errors, text outside of functions that was not understood, the size of what is known of
each line, the time of each phase, and the peak of memory.

Options:
  -f, --format FORMAT    text (default) or json
      --lost             first list what was not understood: file, line, column, why, and the text there
  -x, --exclude GLOB     leave out files and folders, as .gitignore would; repeatable
  -c, --config FILE      use this configuration file instead of the nearest threadlint.json upwards
  -D, --define NAME[=VALUE]
  -U, --undefine NAME    choose the branches of #if as a compiler with these options would; repeatable
  -h, --help             show this

Examples:
  threadlint stats src
  threadlint stats src --lost
  threadlint stats --format json
`;

const THREADS = `Usage: threadlint threads [options] [paths...]

Lists every call that creates a thread: the function that makes it, the routine it runs, and how it
ends: joined (by whom), detached (by whom or what), handed on (to whom), leaked, endless, with the
process, or not followed.

Options:
  -f, --format FORMAT    text (default) or json
  -x, --exclude GLOB     leave out files and folders, as .gitignore would; repeatable
  -c, --config FILE      use this configuration file instead of the nearest threadlint.json upwards
  -D, --define NAME[=VALUE]
  -U, --undefine NAME    choose the branches of #if as a compiler with these options would; repeatable
  -j, --jobs N           read files in N threads (default: one for each processor)
  -h, --help             show this

Examples:
  threadlint threads
  threadlint threads src --exclude '**/test/**'
  threadlint threads --format json | jq '.threads[] | select(.end == "leaked")'
`;

const PAGES: Readonly<Record<string, string>> = {
  check: CHECK,
  explain: EXPLAIN,
  rules: RULES,
  stats: STATS,
  threads: THREADS,
};

/** A command's help; the general one for anything that is no command. */
export function helpFor(command?: string): string {
  return command !== undefined && Object.hasOwn(PAGES, command) ? (PAGES[command] ?? GENERAL) : GENERAL;
}
