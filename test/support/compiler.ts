/** The C and C++ compilers of the machine, as a second opinion on sources. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, extname, join } from 'node:path';

export interface Source {
  name: string;
  text: string;
}

/** True where gcc and g++ can be run. */
export const hasCompiler = ['gcc', 'g++'].every((tool) => spawnSync(tool, ['--version']).status === 0);

/** Checks the syntax of all sources, C and C++ each in one run; returns what the compiler says, empty when all is well. */
export function compile(sources: readonly Source[], flags: readonly string[] = []): string {
  const dir = mkdtempSync(join(tmpdir(), 'threadlint-'));
  try {
    for (const source of sources) {
      mkdirSync(dirname(join(dir, source.name)), { recursive: true });
      writeFileSync(join(dir, source.name), source.text);
    }
    return [
      run(
        dir,
        'gcc',
        ['-std=gnu11', ...flags],
        sources.filter(({ name }) => extname(name) === '.c'),
      ),
      run(
        dir,
        'g++',
        ['-std=c++20', ...flags],
        sources.filter(({ name }) => extname(name) === '.cpp'),
      ),
    ].join('');
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Builds one C program and runs it; returns what the compiler or the program says. */
export function execute(text: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'threadlint-'));
  try {
    writeFileSync(join(dir, 'program.c'), text);
    const built = spawnSync('gcc', ['-std=gnu11', '-pthread', '-o', 'program', 'program.c'], {
      cwd: dir,
      encoding: 'utf8',
    });
    if (built.status !== 0) return built.stderr;
    const result = spawnSync(join(dir, 'program'), { encoding: 'utf8', timeout: 10_000 });
    return result.status === 0
      ? result.stdout
      : `${result.stdout}ended with ${result.status ?? result.signal}`;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function run(dir: string, tool: string, flags: readonly string[], sources: readonly Source[]): string {
  if (sources.length === 0) return '';
  const names = sources.map(({ name }) => name);
  const result = spawnSync(tool, ['-fsyntax-only', '-pthread', ...flags, ...names], {
    cwd: dir,
    encoding: 'utf8',
  });
  const said = `${result.stdout}${result.stderr}`;
  return result.status === 0 ? said : said || `${tool} ended with ${result.status ?? result.signal}`;
}
