import { describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { remaining, takeTraces } from '../../support/cluster-traces.ts';
import { whyNoControlPlane } from '../cluster.ts';
import { runKubectl } from '../control-plane/kubectl.ts';

const describeIfPossible = whyNoControlPlane() === null ? describe : describe.skip;

const SCRIPTS = join(import.meta.dirname, '..', '..', '..', 'scripts');

function runScript(name: string, ...args: readonly string[]): string {
  return execFileSync(process.execPath, [join(SCRIPTS, name), ...args], { encoding: 'utf8' });
}

describeIfPossible('a cluster to play with', () => {
  it('stays when its command has ended, and is gone after `cluster:down`', async () => {
    const printed = runScript('cluster-up.ts', '--nodes', '0');
    const [, kubeconfig = ''] = /^export KUBECONFIG=(.+)$/mu.exec(printed) ?? [];
    const traces = takeTraces(dirname(kubeconfig));
    let ended: string;
    try {
      expect(await runKubectl(kubeconfig, ['get', 'nodes', '-o', 'name'])).toBe('node/fake-0\nnode/fake-1\n');
    } finally {
      // Of this cluster alone: somebody may be playing with another.
      ended = runScript('cluster-down.ts', kubeconfig);
    }
    expect(ended).toBe('1 ended\n');
    expect(remaining(traces)).toEqual([]);
  });
});
