/**
 * Part of the WebAssembly interface that the kernels use. TypeScript only declares it with the browser types, which the
 * server does not load.
 */
interface WebAssemblyInterface {
  readonly Memory: new (limits: { initial: number }) => WasmMemory;
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => WasmModule;
  readonly Instance: new (
    module: WasmModule,
    imports: Record<string, Record<string, unknown>>,
  ) => { readonly exports: Record<string, unknown> };
}

export interface WasmMemory {
  readonly buffer: ArrayBuffer;
}

/** Compiled code, opaque. */
export type WasmModule = object;

export const webAssembly: WebAssemblyInterface = (
  globalThis as unknown as { WebAssembly: WebAssemblyInterface }
).WebAssembly;

/** Bytes of a page of memory. */
export const WASM_PAGE_BYTES = 65536;
