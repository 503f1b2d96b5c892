/**
 * How large the network of a job is: what workers sum up in every step. In: the spec and the folder that paths start from. Out:
 * its numbers; null for a user's file that is not here, as on a cluster's volume, or that cannot be trained.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { FilledSpec } from '../../multigrid/api/filled-spec.ts';
import { isOnnxFile } from '../../multigrid/api/network.ts';
import type { NetworkSize } from '../../multigrid/sharing/scaling.ts';
import { parameterCount } from '../../trainer-image/models/parameter-count.ts';
import { openNetwork } from '../../trainer-image/train/preparing/open-network.ts';
import { networkSettings } from '../../trainer-image/train/preparing/settings-of-job.ts';

/** @throws as `openNetwork`. */
export function networkSize(spec: FilledSpec, dataDir: string): NetworkSize | null {
  if (isOnnxFile(spec.model) && !existsSync(resolve(dataDir, spec.model.onnx.path))) {
    return null;
  }
  const network = openNetwork(networkSettings(spec, { dataDir }), { info: () => undefined });
  return {
    parameters: parameterCount(network),
    batchNorms: network.normalizations.length,
    channels: network.normalizations.reduce((sum, { channels }) => sum + channels, 0),
  };
}
