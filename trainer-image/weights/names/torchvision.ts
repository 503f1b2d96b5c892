/**
 * The names of torchvision's 2D residual networks (pytorch/vision, `resnet50`, `resnet101`), whose ImageNet weights are
 * inflated to the networks with one pathway. In SlowFast the lateral connections change the shapes of both pathways, so
 * there is no row for it.
 */
import { blockRows, type NameTable } from './name-table.ts';

const BLOCK = {
  a: ['conv1', 'bn1'],
  b: ['conv2', 'bn2'],
  c: ['conv3', 'bn3'],
  projection: ['downsample.0', 'downsample.1'],
} as const;

export const TORCHVISION: NameTable = {
  kind: 'torchvision',
  title: 'torchvision',
  rows: [
    { label: 'stem', layer: 'conv1', norm: 'bn1' },
    ...blockRows('stage{stage}.block{block}', 'layer{stage}.{block}', BLOCK),
    { label: 'head', layer: 'fc' },
  ],
};
