/**
 * Starts the parser's runtime with a stack that hostile nesting does not exhaust.
 *
 * The runtime recurses over what is nested. On the 64 KiB of stack it comes with, some 3,000 levels write over its
 * own data and end in a fault, after which nothing can be parsed until the process ends.
 */
interface Instance {
  exports: Readonly<Record<string, unknown>>;
}

interface Wasm {
  compile(bytes: Uint8Array): Promise<object>;
  instantiate(module: object, imports: object): Promise<Instance>;
}

/** What the runtime is linked with; the grammars share the same stack. */
interface Imports {
  env: { __stack_pointer: { value: number } };
}

/** What the parser's library is started with. */
interface Start {
  wasmBinary: Uint8Array;
  instantiateWasm(imports: Imports, ready: (instance: Instance, module: object) => void): object;
}

const STACK_BYTES = 4 * 1024 * 1024;

/** Starts the library by `init` on these bytes. Rejects where they are no such program. */
export async function startRuntime(
  wasmBinary: Uint8Array,
  init: (start: Start) => Promise<void>,
): Promise<void> {
  const { WebAssembly: wasm } = globalThis as unknown as { WebAssembly: Wasm };
  // Compiled first, so that bytes that are no program reject here and not inside of the runtime.
  const module = await wasm.compile(wasmBinary);
  await new Promise<void>((resolve, reject) => {
    let enlarge: (() => void) | undefined;
    const instantiateWasm = (imports: Imports, ready: (instance: Instance, module: object) => void) => {
      const linked = wasm.instantiate(module, imports).then((instance) => {
        enlarge = () => moveStack(imports.env.__stack_pointer, instance.exports.malloc);
        ready(instance, module);
      });
      // The library does not ask whether this has failed and would wait for ever.
      linked.catch(reject);
      return {};
    };
    init({ wasmBinary, instantiateWasm }).then(() => resolve(enlarge?.()), reject);
  });
}

/** Between calls into the runtime nothing is on its stack, so the stack can stand elsewhere from now on. */
function moveStack(pointer: { value: number }, malloc: unknown): void {
  if (typeof malloc !== 'function') return;
  const base: unknown = malloc(STACK_BYTES);
  if (typeof base === 'number' && base > 0) pointer.value = (base + STACK_BYTES) & ~15;
}
