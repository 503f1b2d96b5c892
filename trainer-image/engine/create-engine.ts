/**
 * The one way to an engine. In: where the library is, if not in its package. Out: an `Engine`, self-tested. Called by
 * the trainer's main file; tests and benches call it too.
 *
 * Every pending run takes a thread of libuv's pool until it ends. The pool has 4 threads unless UV_THREADPOOL_SIZE said
 * otherwise before its first use: with fewer than there are runs everything works, only later.
 */
import { CPU } from './device.ts';
import type { Device } from './device.ts';
import type { Engine } from './engine.ts';
import { findLibrary } from './onnxruntime/library.ts';
import { OnnxEngine } from './onnxruntime/onnx-engine.ts';

export interface EngineOptions {
  /** An ONNX Runtime library to use instead of the one in the package onnxruntime-node. Never take it from a job. */
  readonly libraryPath?: string;
  /** The processor when left out. */
  readonly device?: Device;
  /**
   * Most bytes of the processor's memory that all runs together may take for activations; no limit when left out. A run
   * that needs more fails with `out-of-memory`. (A GPU's limit is one of its device options.)
   */
  readonly activationBytes?: number;
}

/** @throws EngineError `library` when the library is missing, untested or fails its start-up check. */
export async function createEngine(options: EngineOptions = {}): Promise<Engine> {
  return OnnxEngine.create(findLibrary(options.libraryPath), options.device ?? CPU, options.activationBytes);
}
