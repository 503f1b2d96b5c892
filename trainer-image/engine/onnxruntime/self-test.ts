/**
 * Proof that the table of C functions means what we think, before anything relies on it: a wrong index is a crash or,
 * worse, a wrong number. In: a loaded `NativeApi`. Out: nothing, or an `EngineError`. Takes about a millisecond.
 */
import { EngineError } from '../engine-error.ts';
import type { NativeApi } from './api.ts';
import { addressOf, textAt } from '../../native/c-library.ts';
import type { OnnxBinding } from './binding.ts';
import type { Address } from '../../native/c-library.ts';
import { OnnxSession } from './session.ts';
import type { SessionHost } from './session.ts';

/** Releases this engine was tested with. The C table only grows, but defaults and kernels change. */
const TESTED_VERSIONS = /^1\.30\.\d+$/;

/** The ONNX model `y = x + x` over float32 [3], opset 18. */
const DOUBLING_MODEL = Uint8Array.from(
  Buffer.from(
    'CAk6OAoOCgF4CgF4EgF5IgNBZGQSBHRpbnlaDwoBeBIKCggIARIECgIIA2IPCgF5EgoKCAgBEgQKAggDQgQKABAS',
    'base64',
  ),
);

/** @throws EngineError `library` for an untested version or a function that answers something else than it must. */
export function checkTable(api: NativeApi, memoryInfo: Address): void {
  expect(TESTED_VERSIONS.test(api.version), `version ${api.version} is not one of those tested (1.30.x)`);
  expect(api.buildInfo().startsWith('ORT Build Info:'), 'GetBuildInfoString answers something else');
  const error = api.probeStatus(11, 'probe');
  expect(
    error.code === 'execution-provider-fail' && error.message.endsWith('probe'),
    'a status is not read back',
  );
  expect(
    textAt(api.get('MemoryInfoGetName', memoryInfo)) === 'Cpu',
    'the name of the memory is not read back',
  );
  const data = new Float32Array(16);
  const dims = BigInt64Array.of(16n);
  const value = api.get('CreateTensorWithDataAsOrtValue', memoryInfo, data, data.byteLength, dims, 1, 1);
  const address = api.get('GetTensorMutableData', value);
  api.release('ReleaseValue', value);
  expect(address === addressOf(data), "a tensor does not lie in the array's own memory");
}

/**
 * Runs a model of one node on the device, and hands its session back: what allocates memory of the device.
 *
 * @throws EngineError `library` when the result is not what it must be.
 */
export async function checkRun(host: SessionHost): Promise<OnnxSession> {
  const session = await OnnxSession.create(host, DOUBLING_MODEL, { threads: 1 }, () => undefined);
  try {
    await runSelfTest(session);
    return session;
  } catch (error) {
    session.dispose();
    throw error;
  }
}

/**
 * Runs the session that `checkRun` gave once more.
 *
 * @param prepare - called with the binding before it runs.
 */
export async function runSelfTest(
  session: OnnxSession,
  prepare: (binding: OnnxBinding) => void = () => undefined,
): Promise<void> {
  const y = new Float32Array(3);
  const binding = session.bind(
    new Map([['x', { type: 'float32', dims: [3], data: Float32Array.of(1, -2, 0.5) }]]),
    new Map([['y', { type: 'float32', dims: [3], data: y }]]),
  );
  try {
    prepare(binding);
    await binding.run();
    expect(y.join() === '2,-4,1', `x + x of 1,-2,0.5 gave ${y.join()}`);
  } finally {
    binding.dispose();
  }
}

function expect(isTrue: boolean, finding: string): void {
  if (!isTrue) {
    throw new EngineError(
      'library',
      `this ONNX Runtime library failed the start-up check: ${finding}; install the pinned onnxruntime-node (npm ci)`,
    );
  }
}
