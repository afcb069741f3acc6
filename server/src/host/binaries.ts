/**
 * The wasm files of the engine, found beside the bundle in dist/ or, when running from sources, in the
 * repository.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EngineBinaries } from '../service/api';
import { errorCode, reasonOf } from './errors';

/** A part of the installation that is missing or damaged; its message is one sentence for the user. */
export class InstallationError extends Error {}

/**
 * Reads the parser's runtime and both grammars.
 *
 * Throws `InstallationError` when one of them cannot be read.
 */
export function loadBinaries(): EngineBinaries {
  // A bundle lies in dist/, this source file in server/src/host/.
  const bundled = join(__dirname, '..');
  const sources = join(__dirname, '../../..');
  return {
    runtime: readFirst('web-tree-sitter.wasm', [
      join(__dirname, 'web-tree-sitter.wasm'),
      join(sources, 'node_modules/web-tree-sitter/web-tree-sitter.wasm'),
    ]),
    c: readGrammar('tree-sitter-c.wasm'),
    cpp: readGrammar('tree-sitter-cpp.wasm'),
  };

  function readGrammar(name: string): Uint8Array {
    return readFirst(name, [join(bundled, 'grammars', name), join(sources, 'grammars', name)]);
  }
}

function readFirst(name: string, candidates: readonly string[]): Uint8Array {
  for (const file of candidates) {
    try {
      return readFileSync(file);
    } catch (error) {
      if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') continue;
      throw new InstallationError(`the installation is damaged: ${file} cannot be read: ${reasonOf(error)}`);
    }
  }
  throw new InstallationError(
    `the installation is incomplete: ${name} is missing (looked for ${candidates[0]}); install threadlint again`,
  );
}
