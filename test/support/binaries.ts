/** The wasm files the engine runs on, from the places where an installed repository has them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '..', '..');

interface Binaries {
  runtime: Uint8Array;
  c: Uint8Array;
  cpp: Uint8Array;
}

let binaries: Binaries | undefined;

/** Reads runtime and grammars, once: the same bytes are loaded once. Throws where `npm ci` has not run. */
export function readBinaries(): Binaries {
  binaries ??= {
    runtime: readFileSync(join(root, 'node_modules/web-tree-sitter/web-tree-sitter.wasm')),
    c: readFileSync(join(root, 'grammars/tree-sitter-c.wasm')),
    cpp: readFileSync(join(root, 'grammars/tree-sitter-cpp.wasm')),
  };
  return binaries;
}
