/**
 * The network a job trains: one of the zoo, or the user's own file. In: the settings of the network. Out: a `Network`.
 */
import { createNetwork } from '../../models/create-network.ts';
import type { Network } from '../../models/network.ts';
import { createOnnxNetwork } from '../../models/onnx/create-onnx-network.ts';
import { openModel } from '../../models/onnx/open-model.ts';
import type { TrainingSettings } from '../settings.ts';
import type { Logger } from '../logger.ts';

/**
 * @throws NetworkSpecError when the numbers of the spec make no network.
 * @throws OnnxFileError when the file is not there or damaged; OnnxUnsupportedError when it cannot be trained.
 */
export function openNetwork(settings: TrainingSettings['network'], logger: Pick<Logger, 'info'>): Network {
  if (!('path' in settings)) {
    return createNetwork(settings);
  }
  const { path, ...options } = settings;
  const network = createOnnxNetwork(openModel(path), options);
  for (const note of network.notes) {
    logger.info('about the network', { note });
  }
  return network;
}
