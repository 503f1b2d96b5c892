/** Rules within `spec.model`. */
import type { DefaultedModelSpec } from '../defaulted-types.gen.ts';
import { brokenNetworkRules } from '../../contract/network-rules.ts';
import { architectureOf } from '../network.ts';
import { ZOO } from '../zoo.ts';
import { type Rule, type Violation, violationIf } from './rule.ts';

/** A network of the zoo: its rules do not concern a user's own. */
type NamedModelSpec = DefaultedModelSpec & Required<Pick<DefaultedModelSpec, 'name'>>;

const RULES: readonly Rule<DefaultedModelSpec>[] = [
  ({ name, onnx }) =>
    violationIf((name === undefined) === (onnx === undefined), {
      keys: [],
      message: 'exactly one of name and onnx says which network it is',
    }),
  ({ onnx, architecture }) =>
    violationIf(onnx !== undefined && architecture !== undefined, {
      keys: ['architecture'],
      message: 'architecture belongs to the networks of the zoo; leave it out with onnx',
    }),
  ({ onnx, pretrained }) =>
    violationIf(onnx !== undefined && pretrained !== undefined, {
      keys: ['pretrained'],
      message: 'a network file has its own weights; omit pretrained with onnx',
    }),
  ({ onnx }) =>
    violationIf(onnx?.deviation?.some((deviation) => Number(deviation) === 0) === true, {
      keys: ['onnx', 'deviation'],
      message: 'deviation must be above 0',
    }),
  ({ dropout }) =>
    violationIf(Number(dropout) >= 1, {
      keys: ['dropout'],
      message: 'dropout must be below 1',
      hint: `is ${dropout}; nearest: 0.99`,
    }),
];

const ZOO_RULES: readonly Rule<NamedModelSpec>[] = [
  ({ name, architecture = {} }) => {
    const { alpha, betaInv, fusionKernel, fastTemporalBlocks } = architecture;
    const isForeign = [alpha, betaInv, fusionKernel, fastTemporalBlocks].some((value) => value !== undefined);
    return violationIf(!name.startsWith('slowfast') && isForeign, {
      keys: ['architecture'],
      message:
        'alpha, betaInv, fusionKernel and fastTemporalBlocks belong to SlowFast networks only; leave them out',
    });
  },
  ({ name, architecture = {} }) => {
    const sizes = architectureOf(name, architecture);
    // Places that do not go with other blocks are the next rule's.
    const nonLocal = architecture.nonLocal === undefined ? null : sizes.nonLocal;
    return brokenNetworkRules({ family: ZOO[name].family, ...sizes, nonLocal }).map((broken) => ({
      ...broken,
      keys: ['architecture', ...broken.keys],
    }));
  },
  ({ name, architecture = {} }) =>
    violationIf(
      name.includes('-nln-') && architecture.blocks !== undefined && architecture.nonLocal === undefined,
      {
        keys: ['architecture'],
        message: 'a non-local network with blocks of its own needs nonLocal too, which says where they go',
      },
    ),
  ({ pretrained }) =>
    violationIf(/[.](?:pt|pth|pyth|pkl|ckpt)$/u.test(pretrained?.path ?? ''), {
      keys: ['pretrained', 'path'],
      message:
        'pickles can run code and are not read; make a safetensors file with scripts/convert-weights.py',
    }),
];

/** Every broken rule of `spec.model`. */
export function modelViolations(section: DefaultedModelSpec): readonly Violation[] {
  const { name } = section;
  const zoo = name === undefined ? [] : ZOO_RULES.flatMap((rule) => rule({ ...section, name }));
  return [...RULES.flatMap((rule) => rule(section)), ...zoo];
}
