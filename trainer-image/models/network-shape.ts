/**
 * Which specs make a network and which clip shapes a network takes. In: a spec, a shape. Out: nothing, or an error that
 * names the nearest legal numbers. Asked before any graph is built, so that nobody meets a shape error deep inside one.
 */
import { brokenNetworkRules } from '../../multigrid/contract/network-rules.ts';
import { shapeLimitsOf } from '../../multigrid/contract/network.ts';
import type { NetworkSpec, StepShape } from './network.ts';

/** Frames, crop or batch do not fit the network; the message names legal values. */
export class NetworkShapeError extends Error {
  override readonly name = 'NetworkShapeError';
}

/** The spec itself makes no network. */
export class NetworkSpecError extends Error {
  override readonly name = 'NetworkSpecError';
}

/** @throws NetworkSpecError naming the field and what it must be. */
export function checkSpec(spec: NetworkSpec): void {
  requireWholeNumbers(spec);
  if (spec.blocks.length < 1 || spec.blocks.length > 4) {
    throw new NetworkSpecError(`blocks lists ${spec.blocks.length} stages; a network has 1 to 4`);
  }
  const [broken] = brokenNetworkRules(spec);
  if (broken !== undefined) {
    throw new NetworkSpecError(`${broken.message} (${broken.hint})`);
  }
  if (!(spec.dropout >= 0 && spec.dropout < 1)) {
    throw new NetworkSpecError(`dropout is ${spec.dropout}; it must be in [0, 1)`);
  }
}

function requireWholeNumbers(spec: NetworkSpec): void {
  const { numClasses, width, expansion, stemKernel, alpha, betaInv, fusionKernel } = spec;
  const numbers = { numClasses, width, expansion, stemKernel, alpha, betaInv, fusionKernel };
  const stages = spec.blocks.map((blocks, stage) => [`blocks[${stage}]`, blocks] as const);
  for (const [field, value] of [...Object.entries(numbers), ...stages]) {
    if (!Number.isInteger(value) || value < 1) {
      throw new NetworkSpecError(`${field} is ${value}; it must be a whole number of at least 1`);
    }
  }
}

/** @throws NetworkShapeError naming the legal frame counts, crops or group counts. */
export function checkShape(spec: NetworkSpec, { clips, groups, frames, cropSize }: StepShape): void {
  const { framesMultiple: multipleOf, minFrames: atLeast, minCropSize: smallest } = shapeLimitsOf(spec);
  if (!Number.isInteger(frames) || frames < atLeast || frames % multipleOf !== 0) {
    const below = Math.max(atLeast, Math.floor(frames / multipleOf) * multipleOf);
    const above = Math.max(atLeast, Math.ceil(frames / multipleOf) * multipleOf);
    throw new NetworkShapeError(
      `${spec.family} takes frame counts that are multiples of ${multipleOf}, at least ${atLeast}; ` +
        `got ${frames}, nearest ${below === above ? above : `${below} or ${above}`}`,
    );
  }
  if (!Number.isInteger(cropSize) || cropSize < smallest) {
    throw new NetworkShapeError(
      `${spec.family} with ${spec.blocks.length} stages needs a crop of at least ${smallest} pixels; got ${cropSize}`,
    );
  }
  if (
    !Number.isInteger(clips) ||
    clips < 1 ||
    !Number.isInteger(groups) ||
    groups < 1 ||
    clips % groups !== 0
  ) {
    throw new NetworkShapeError(
      `${clips} clips cannot be split into ${groups} batch-norm groups of one size; make clips a multiple of groups`,
    );
  }
}
