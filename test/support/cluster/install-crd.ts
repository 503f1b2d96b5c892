/** Gives a test cluster the project's CRD, and waits until the API server serves it. */
import { join } from 'node:path';
import type { ControlPlane } from '../../cluster/cluster.ts';
import { waitUntil } from '../../cluster/control-plane/wait-until.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const CRD = 'multigridtrainingjobs.training.multigrid.dev';
const ESTABLISHED = 'jsonpath={.status.conditions[?(@.type=="Established")].status}';

export async function installCrd(cluster: Pick<ControlPlane, 'kubectl'>): Promise<void> {
  await cluster.kubectl(['apply', '-f', join(ROOT, 'crds', 'multigridtrainingjob.yaml')]);
  // `kubectl wait` gives up at once on an object that has no conditions yet.
  await waitUntil(
    async () => ((await cluster.kubectl(['get', 'crd', CRD, '-o', ESTABLISHED])) === 'True' ? true : null),
    { what: `${CRD} to be established`, timeoutMs: 60_000 },
  );
}
