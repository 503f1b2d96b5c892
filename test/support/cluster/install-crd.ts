/** Gives a test cluster the project's CRD, and waits until the API server serves it. */
import { join } from 'node:path';
import type { ControlPlane } from '../../cluster/cluster.ts';
import { waitUntil } from '../../cluster/control-plane/wait-until.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const CRD = 'multigridtrainingjobs.training.multigrid.dev';

export async function installCrd(cluster: Pick<ControlPlane, 'kubectl'>): Promise<void> {
  await cluster.kubectl(['apply', '-f', join(ROOT, 'crds', 'multigridtrainingjob.yaml')]);
  // `kubectl wait` and jsonpath both give up at once on an object whose conditions are null, as they are at first.
  await waitUntil(
    async () => {
      const crd = JSON.parse(await cluster.kubectl(['get', 'crd', CRD, '-o', 'json'])) as Crd;
      return isEstablished(crd) ? true : null;
    },
    { what: `${CRD} to be established`, timeoutMs: 60_000 },
  );
}

interface Crd {
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[] | null;
  };
}

function isEstablished({ status }: Crd): boolean {
  return (
    status?.conditions?.some(
      (condition) => condition.type === 'Established' && condition.status === 'True',
    ) ?? false
  );
}
