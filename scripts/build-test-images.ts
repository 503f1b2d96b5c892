/**
 * The project's own images, built into the user's cache before a suite asks for them: several would, at once, and wait for
 * the first. `npm test` does it beside its first stage. Nothing where this machine can have no nodes to run them on.
 */
import { whyNoNodes } from '../test/cluster/cluster.ts';
import { buildOperatorImage, buildTrainerImage } from '../test/support/cluster/project-images.ts';

if (whyNoNodes() === null) {
  await buildTrainerImage();
  await buildOperatorImage();
}
