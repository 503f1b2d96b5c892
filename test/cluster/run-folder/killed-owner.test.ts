import { describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { whyNoControlPlane } from '../cluster.ts';
import { waitUntil } from '../control-plane/wait-until.ts';
import { clusterProcesses } from './sweep.ts';

const describeIfPossible = whyNoControlPlane() === null ? describe : describe.skip;

const OWNER = join(import.meta.dirname, '..', '..', 'support', 'cluster-owner.ts');

/** Starts a process that starts a cluster; resolves to the cluster's folder. */
async function startOwner(): Promise<{ readonly owner: ChildProcess; readonly folder: string }> {
  const owner = spawn(process.execPath, [OWNER, 'plane'], { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: owner.stdout })) {
    return { owner, folder: dirname(line) };
  }
  throw new Error('the owner ended without a cluster');
}

describeIfPossible('a cluster whose owner is killed', () => {
  it('ends with it: no process and no file is left', async () => {
    const { owner, folder } = await startOwner();
    expect(clusterProcesses(folder).length).toBeGreaterThanOrEqual(4);
    owner.kill('SIGKILL');
    await waitUntil(
      () => Promise.resolve(clusterProcesses(folder).length === 0 && !existsSync(folder) ? true : null),
      { what: 'the end of all that the cluster was', timeoutMs: 60_000 },
    );
  }, 300_000);
});
