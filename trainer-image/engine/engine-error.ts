/**
 * What goes wrong in the engine: ONNX Runtime's status codes and our own checks before it, as one error class. Thrown
 * by everything in this folder; the trainer's step, the evaluator and the exporter let it pass up to the run.
 */

/** ONNX Runtime's OrtErrorCode, by number. */
const RUNTIME_CODES = [
  'ok',
  'fail',
  'invalid-argument',
  'no-such-file',
  'no-model',
  'engine-error',
  'runtime-exception',
  'invalid-protobuf',
  'model-loaded',
  'not-implemented',
  'invalid-graph',
  'execution-provider-fail',
  'load-cancelled',
  'requires-compilation',
  'not-found',
] as const;

/**
 * The first four are ours (`library`: the native library is missing, too old or not what it says; `busy`: a run is
 * pending; `disposed`: used after dispose; `out-of-memory`: the device or the limit set for it has not enough memory
 * for a run, and the session can run again), the others are ONNX Runtime's.
 */
export type EngineErrorCode =
  'library' | 'busy' | 'disposed' | 'out-of-memory' | (typeof RUNTIME_CODES)[number];

/**
 * ONNX Runtime has no code for it: an arena at its limit, an allocator of the system or of CUDA, and the workspaces of
 * cuBLAS and cuDNN each say it in their own words, under the code of a general failure.
 */
const OUT_OF_MEMORY =
  /is smaller than requested bytes|failed to allocate memory|bad[ _]alloc|out of memory|_ALLOC(?:ATION)?_FAILED/i;

/** A failed call into the engine. `code` says which kind, the message what is wrong, where, and what to do. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly code: EngineErrorCode;

  constructor(code: EngineErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The device that a job asks for cannot be used here; the message names the missing file and what to do. */
export class DeviceUnavailableError extends Error {
  override readonly name = 'DeviceUnavailableError';
}

export function isOutOfMemory(error: unknown): error is EngineError {
  return error instanceof EngineError && error.code === 'out-of-memory';
}

/** Translates ONNX Runtime's number for an error and its message. Numbers of later releases read as `fail`. */
export function runtimeErrorCode(code: number, message: string): EngineErrorCode {
  return OUT_OF_MEMORY.test(message) ? 'out-of-memory' : (RUNTIME_CODES[code] ?? 'fail');
}
