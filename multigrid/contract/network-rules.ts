/**
 * What the sizes of a network must be for each other. In: a description whose numbers are whole and positive. Out: the rules it
 * breaks, in the words of the CRD's CEL rules. The manifest is held against them, and whatever builds a network.
 */
import type { NetworkDescription } from './network.ts';

export interface BrokenNetworkRule {
  /** Where among the sizes; empty: they do not fit together. */
  readonly keys: readonly string[];
  readonly message: string;
  /** What it is, and the nearest that would do. */
  readonly hint: string;
}

type NetworkSizes = Omit<NetworkDescription, 'numClasses' | 'dropout'>;

/** Every broken rule. */
export function brokenNetworkRules(network: NetworkSizes): readonly BrokenNetworkRule[] {
  return [...evenKernels(network), ...brokenChannels(network), ...missingBlocks(network)];
}

function evenKernels(network: NetworkSizes): readonly BrokenNetworkRule[] {
  return (['stemKernel', 'fusionKernel'] as const)
    .filter((kernel) => network[kernel] % 2 === 0)
    .map((kernel) => ({
      keys: [kernel],
      message: `${kernel} must be odd`,
      hint: `is ${network[kernel]}; nearest: ${network[kernel] - 1} or ${network[kernel] + 1}`,
    }));
}

function brokenChannels({ family, width, betaInv }: NetworkSizes): readonly BrokenNetworkRule[] {
  const below = width - (width % betaInv);
  const nearest = below > 0 ? `${below} or ${below + betaInv}` : `${betaInv}`;
  return family !== 'slowfast' || width === below
    ? []
    : [
        {
          keys: [],
          message:
            'width must be a multiple of betaInv, so that the fast pathway has a whole number of channels',
          hint: `width is ${width} and betaInv ${betaInv}; nearest: ${nearest}`,
        },
      ];
}

function missingBlocks({ blocks, nonLocal }: NetworkSizes): readonly BrokenNetworkRule[] {
  const isMissing = nonLocal?.blocks.some((places, stage) =>
    places.some((place) => place < 0 || place >= (blocks[stage] ?? 0)),
  );
  return isMissing === true
    ? [
        {
          keys: [],
          message: 'nonLocal.blocks numbers the residual blocks of each stage from 0; there is no such block',
          hint: `the stages have ${blocks.join(', ')} blocks`,
        },
      ]
    : [];
}
