/**
 * A process of its own that owns a test cluster, to be killed by a test: `cluster-owner.ts plane|nodes`. Prints the path of
 * the kubeconfig when the cluster runs, and waits for its end.
 */
import { startCluster, startControlPlane } from '../cluster/cluster.ts';

const cluster = process.argv[2] === 'nodes' ? await startCluster({ nodes: 1 }) : await startControlPlane();
process.stdout.write(`${cluster.kubeconfigPath}\n`);
setInterval(() => undefined, 60_000);
