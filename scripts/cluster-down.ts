/**
 * `npm run cluster:down [-- KUBECONFIG]`: ends the cluster of that kubeconfig, or every one that `npm run cluster:up` has
 * started, and leaves nothing of it.
 */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { waitUntil } from '../test/cluster/control-plane/wait-until.ts';
import { findHolders } from '../test/cluster/playground/holder-file.ts';

const [kubeconfig] = process.argv.slice(2);
const holders = findHolders().filter(
  ({ folder }) => kubeconfig === undefined || folder === dirname(kubeconfig),
);
for (const { folder, pid } of holders) {
  process.kill(pid, 'SIGTERM');
  await waitUntil(() => Promise.resolve(existsSync(folder) ? null : true), {
    what: `the end of the cluster in ${folder}`,
    timeoutMs: 120_000,
  });
}
process.stdout.write(holders.length === 0 ? 'no cluster was running\n' : `${holders.length} ended\n`);
