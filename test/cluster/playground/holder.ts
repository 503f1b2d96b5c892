/**
 * The main of the process that owns a person's cluster after `npm run cluster:up` has ended: `holder.ts NODES GPUS`. Tells
 * its parent by message how the start went; ends the cluster, and itself, on SIGTERM (`npm run cluster:down`).
 */
import { once } from 'node:events';
import { dirname } from 'node:path';
import { startCluster, startControlPlane } from '../cluster.ts';
import { writeHolder, type HolderMessage } from './holder-file.ts';

function tell(message: HolderMessage): void {
  process.send?.(message);
}

const [nodes = 0, gpus = 0] = process.argv.slice(2).map(Number);
const ended = once(process, 'SIGTERM');
try {
  const cluster =
    nodes === 0
      ? await startControlPlane({ fakeNodes: { count: 2, gpus } })
      : await startCluster({ nodes, gpusPerNode: gpus });
  writeHolder(dirname(cluster.kubeconfigPath));
  tell({ kubeconfig: cluster.kubeconfigPath });
  process.disconnect();
  const alive = setInterval(() => undefined, 60_000);
  await ended;
  clearInterval(alive);
  await cluster.down();
} catch (error) {
  tell({ error: error instanceof Error ? error.message : String(error) });
  process.exitCode = 1;
}
