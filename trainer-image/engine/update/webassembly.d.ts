/**
 * The part of WebAssembly that the update kernel uses. Node has it, but its types only come with those of a browser,
 * which this project has no use for.
 */
declare namespace WebAssembly {
  /** Memory that other threads may use at the same time; its buffer never moves. */
  class Memory {
    /** Sizes are in pages of 64 KiB. */
    constructor(descriptor: { readonly initial: number; readonly maximum: number; readonly shared: true });
    readonly buffer: SharedArrayBuffer;
  }

  type Module = object;
  const Module: new (bytes: Uint8Array) => Module;

  class Instance {
    constructor(module: Module, imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>);
    readonly exports: Readonly<Record<string, unknown>>;
  }
}
