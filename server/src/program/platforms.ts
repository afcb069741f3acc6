/** Files that a Linux build leaves out, by what they and their folders are called: `win/mutex.c`, `threads_darwin.c`. */

const OTHERS: ReadonlySet<string> = new Set(
  (
    'win win16 win32 win64 windows w32 winnt winrt wince uwp msvc mingw mingw32 cygwin nt os2 dos ' +
    'mac macos macosx osx darwin apple cocoa ios tvos mach bsd freebsd netbsd openbsd dragonfly dragonflybsd ' +
    'solaris sunos illumos sun aix hpux irix tru64 os390 zos os400 vms haiku beos amiga netware nonstop qnx ' +
    'vxworks rtems nuttx zephyr freertos threadx android fuchsia emscripten wasi wasm symbian'
  ).split(' '),
);

/** Whether a file's way from what it shares with another file names a platform of its own, and the other's does not. */
export function isOfOtherPlatform(file: string, from: string): boolean {
  let common = 0;
  for (let at = 0; at < file.length && file[at] === from[at]; at++) if (file[at] === '/') common = at + 1;
  return namesOther(file.slice(common)) && !namesOther(from.slice(common));
}

function namesOther(path: string): boolean {
  return path
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .some((word) => OTHERS.has(word));
}
