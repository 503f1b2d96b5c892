/** How bench:gpu sets up CUDA, in every process of it. In: nothing. Out: options of the provider. */
import type { CudaOptions } from '../../../trainer-image/engine/device.ts';

export const CUDA: CudaOptions = {
  deviceId: 0,
  memoryLimitMiB: null,
  convolutionSearch: 'Heuristic',
  tf32: true,
  arenaGrowth: 'AsRequested',
};
