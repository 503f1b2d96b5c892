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
 * The first three are ours (`library`: the native library is missing, too old or not what it says; `busy`: a run is
 * pending; `disposed`: used after dispose), the others are ONNX Runtime's.
 */
export type EngineErrorCode = 'library' | 'busy' | 'disposed' | (typeof RUNTIME_CODES)[number];

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

/** Translates ONNX Runtime's number for an error. Numbers of later releases read as `fail`. */
export function runtimeErrorCode(code: number): EngineErrorCode {
  return RUNTIME_CODES[code] ?? 'fail';
}
