/**
 * PyTorchVideo's names (facebookresearch/pytorchvideo, `create_resnet` and `create_slowfast`): everything is a numbered
 * block, so what a stage is called depends on what stands before it. Three tables: Slow; C2D and I3D, whose temporal pool
 * is a block too; SlowFast. It has no non-local networks.
 */
import { blockRows, type NameRow, type NameTable } from './name-table.ts';

const BLOCK = {
  a: ['branch2.conv_a', 'branch2.norm_a'],
  b: ['branch2.conv_b', 'branch2.norm_b'],
  c: ['branch2.conv_c', 'branch2.norm_c'],
  projection: ['branch1_conv', 'branch1_norm'],
} as const;

const NAMES = { kind: 'pytorchvideo', title: 'PyTorchVideo' } as const;
const STEM: NameRow = { label: 'stem', layer: 'blocks.0.conv', norm: 'blocks.0.norm' };

function pathwayRows(prefix: string, pathway: 0 | 1): readonly NameRow[] {
  const stem = `blocks.0.multipathway_blocks.${pathway}`;
  const stage = `blocks.{stage}.multipathway_blocks.${pathway}.res_blocks.{block}`;
  return [
    { label: `${prefix}stem`, layer: `${stem}.conv`, norm: `${stem}.norm` },
    ...blockRows(`${prefix}stage{stage}.block{block}`, stage, BLOCK),
  ];
}

export const PYTORCHVIDEO_SLOW: NameTable = {
  ...NAMES,
  rows: [
    STEM,
    ...blockRows('stage{stage}.block{block}', 'blocks.{stage}.res_blocks.{block}', BLOCK),
    { label: 'head', layer: 'blocks.5.proj' },
  ],
};

export const PYTORCHVIDEO_POOLED: NameTable = {
  ...NAMES,
  rows: [
    STEM,
    ...blockRows('stage1.block{block}', 'blocks.1.res_blocks.{block}', BLOCK),
    ...blockRows('stage{stage}.block{block}', 'blocks.{stage+1}.res_blocks.{block}', BLOCK),
    { label: 'head', layer: 'blocks.6.proj' },
  ],
};

export const PYTORCHVIDEO_SLOWFAST: NameTable = {
  ...NAMES,
  rows: [
    ...pathwayRows('slow.', 0),
    ...pathwayRows('fast.', 1),
    {
      label: 'lateral{stage}',
      layer: 'blocks.{stage}.multipathway_fusion.conv_fast_to_slow',
      norm: 'blocks.{stage}.multipathway_fusion.norm',
    },
    { label: 'head', layer: 'blocks.6.proj' },
  ],
};
