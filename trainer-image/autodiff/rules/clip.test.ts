import { expect, test } from '@jest/globals';
import type { PixelStatistics } from '../../../multigrid/contract/pixels.ts';
import { encodeModel } from '../../graph/encode.ts';
import { Graph } from '../../graph/graph.ts';
import { normalizeClip } from './clip.ts';
import { runOnce } from '../../../test/support/onnx-oracle.ts';

const CLIP = Uint8Array.from({ length: 2 * 1 * 2 * 2 * 3 }, (_, index) => 10 * index + 1);

async function normalized(pixels: PixelStatistics): Promise<readonly number[]> {
  const graph = new Graph();
  const clip = graph.input('clip', 'uint8', [2, 1, 2, 2, 3]);
  graph.output('pixels', normalizeClip(graph, [clip], { type: 'float32', pixels }).output);
  const results = await runOnce(
    encodeModel(graph, { graphName: 'clip' }),
    new Map([['clip', { data: CLIP, dims: [2, 1, 2, 2, 3] }]]),
  );
  return [...results.get('pixels')!];
}

test.each([
  ['one mean and deviation for all colours', [0.45, 0.45, 0.45], [0.225, 0.225, 0.225]],
  ['a mean and deviation for every colour', [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]],
] as const)('pixels are normalised with %s', async (_, mean, deviation) => {
  const pixels = await normalized({ mean, deviation });
  pixels.forEach((value, index) => {
    const colour = index % 3;
    expect(value).toBeCloseTo((CLIP[index]! / 255 - mean[colour]!) / deviation[colour]!, 5);
  });
});
