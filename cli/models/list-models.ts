/**
 * Counts the networks of the zoo. In: which, for how many classes and which clips. Out: one listing per network, in the
 * zoo's order; the table and the JSON of `multigrid models` print it. Pure.
 */
import { shapeLimitsOf } from '../../multigrid/contract/network.ts';
import { ZOO } from '../../multigrid/api/zoo.ts';
import { countNetwork } from '../../trainer-image/models/count-network.ts';
import { parameterCount } from '../../trainer-image/models/parameter-count.ts';
import { createNetwork } from '../../trainer-image/models/create-network.ts';
import type { NetworkSpec } from '../../trainer-image/models/network.ts';
import { NetworkShapeError } from '../../trainer-image/models/network-shape.ts';

export interface ModelListing {
  readonly name: string;
  readonly family: string;
  /** Frames of a clip and their distance as published; frames of the fast pathway in SlowFast. */
  readonly frames: number;
  readonly stride: number;
  readonly parameters: number;
  readonly batchNorms: number;
  readonly work: readonly ClipWork[];
  /** Legal clips: frames are a multiple of the first and at least the second, crops at least the third. */
  readonly framesMultiple: number;
  readonly minFrames: number;
  readonly minCropSize: number;
}

/** What one clip costs, forward. */
interface ClipWork {
  readonly frames: number;
  readonly cropSize: number;
  /** Null: the network cannot take such a clip. */
  readonly multiplyAdds: number | null;
}

export interface ListingRequest {
  /** None: all. */
  readonly names: readonly string[];
  readonly numClasses: number;
  /** Null: each network's published number. */
  readonly frames: number | null;
  readonly cropSizes: readonly number[];
}

export function listModels(request: ListingRequest): readonly ModelListing[] {
  const { names, numClasses } = request;
  return Object.entries(ZOO)
    .filter(([name]) => names.length === 0 || names.includes(name))
    .map(([name, row]) => {
      const { family, architecture, frames, stride } = row;
      const network = { family, numClasses, dropout: 0.5, ...architecture };
      const built = createNetwork(network);
      return {
        name,
        family,
        frames,
        stride,
        parameters: parameterCount(built),
        batchNorms: built.normalizations.length,
        work: request.cropSizes.map((cropSize) => workOf(network, request.frames ?? frames, cropSize)),
        ...shapeLimitsOf(network),
      };
    });
}

function workOf(network: NetworkSpec, frames: number, cropSize: number): ClipWork {
  try {
    return { frames, cropSize, multiplyAdds: countNetwork(network, { frames, cropSize }).multiplyAdds };
  } catch (error) {
    if (error instanceof NetworkShapeError) {
      return { frames, cropSize, multiplyAdds: null };
    }
    throw error;
  }
}
