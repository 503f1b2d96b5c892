/**
 * Draws docs/step-graph.svg, the picture in docs/engine.md, from the real training graph of a small network: one box for
 * the nodes of each operation, one for those of its gradient. In: nothing. Out: the picture; `--check` fails when the
 * committed one is stale.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { instance } from '@viz-js/viz';
import { createNetwork } from '../trainer-image/models/create-network.ts';
import { readNodes } from './draw-step/read-nodes.ts';
import { stepDiagram } from './draw-step/step-diagram.ts';

const PICTURE = new URL('../docs/step-graph.svg', import.meta.url);

/** One bottleneck block between a stem and a classifier. */
const NETWORK = createNetwork({
  family: 'i3d',
  numClasses: 4,
  dropout: 0,
  width: 8,
  blocks: [1],
  expansion: 2,
  stemKernel: 5,
  alpha: 4,
  betaInv: 2,
  fusionKernel: 5,
  zeroInitFinalGamma: true,
});
const SHAPE = { clips: 8, groups: 2, frames: 4, cropSize: 32 };

const { model } = NETWORK.trainingGraph(SHAPE);
const picture = (await instance()).renderString(stepDiagram(readNodes(model)), { format: 'svg' });
if (!process.argv.includes('--check')) {
  await writeFile(PICTURE, picture);
  process.stdout.write('wrote docs/step-graph.svg\n');
} else if ((await readFile(PICTURE, 'utf8').catch(() => '')) !== picture) {
  process.stderr.write('docs/step-graph.svg is stale: run `npm run draw` and commit the result\n');
  process.exitCode = 1;
}
