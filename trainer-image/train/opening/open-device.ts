/**
 * The device a job trains on. In: the settings of the job and the memory that activations may take on the processor. Out: an
 * engine on it; the log says which and why.
 */
import type { Engine } from '../../engine/engine.ts';
import { openEngine } from '../../engine/open-engine.ts';
import type { Logger } from '../logger.ts';
import type { TrainingSettings } from '../settings.ts';

export interface DeviceRequest {
  readonly settings: Pick<TrainingSettings, 'executionProvider' | 'cuda' | 'precision'>;
  /** ONNX Runtime's library, when it is not the one in its package. */
  readonly libraryPath: string | undefined;
  /** Which of the ranks on this machine, from 0. */
  readonly localRank: number;
  /** Only an engine with a limit says when a step does not fit: without one the system would end the process. */
  readonly activationBytes: number;
}

/** @throws DeviceUnavailableError, EngineError when it cannot be had. */
export async function openDevice(
  { settings, libraryPath, localRank, activationBytes }: DeviceRequest,
  logger: Logger,
): Promise<Engine> {
  const { engine, reason } = await openEngine({ ...settings, libraryPath, localRank, activationBytes });
  const { precision } = settings;
  const device = engine.device.kind;
  const gpu = engine.device.kind === 'cuda' ? { gpu: engine.device.options.deviceId } : {};
  logger.info('device chosen', { device, ...gpu, why: reason, onnxRuntime: engine.version, precision });
  if (device === 'cpu' && precision === 'mixed') {
    logger.warn('mixed precision on a processor is several times slower than float32', {
      instead: 'spec.recipe.precision: float32',
    });
  }
  return engine;
}
