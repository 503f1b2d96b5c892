/**
 * Waits until a service account may do something: an API server acts by a new role or binding a moment after it was made,
 * and a busy one some seconds after. In comes who and what, as `kubectl auth can-i` takes it. Used before a test that
 * takes a right for granted.
 */
import type { ControlPlane } from '../../cluster/cluster.ts';
import { waitUntil } from '../../cluster/control-plane/wait-until.ts';

/** `namespace/name` of a service account. */
export type AccountName = `${string}/${string}`;

/** @param what - e.g. `['list', 'pods', '-n', 'video']` */
export async function untilAllowed(
  cluster: Pick<ControlPlane, 'kubectl'>,
  account: AccountName,
  what: readonly string[],
): Promise<void> {
  const as = `--as=system:serviceaccount:${account.replace('/', ':')}`;
  let said = '';
  await waitUntil(
    async () => {
      // It ends with an error where the answer is no.
      said = (await cluster.kubectl(['auth', 'can-i', ...what, as]).catch(String)).trim();
      return said === 'yes' ? true : null;
    },
    { what: `${account} to be allowed to ${what.join(' ')}`, timeoutMs: 120_000, seen: () => said },
  );
}
