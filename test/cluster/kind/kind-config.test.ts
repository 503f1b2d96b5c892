import { describe, expect, it } from '@jest/globals';
import { kindConfig } from './kind-config.ts';

describe("kind's description of a cluster", () => {
  const config = kindConfig({
    name: 'multigrid-nodes-0',
    sharedFolder: '/tmp/shared',
    options: { nodes: 3, apiServerFlags: ['--event-ttl=5m'] },
  });

  it('has a control plane and as many workers as there are nodes, each with the shared folder', () => {
    const worker = {
      role: 'worker',
      extraMounts: [{ hostPath: '/tmp/shared', containerPath: '/tmp/shared' }],
    };
    expect(config).toMatchObject({ nodes: [{ role: 'control-plane' }, worker, worker, worker] });
  });

  it('hands the flags to kubeadm as names and values', () => {
    expect(JSON.stringify(config)).toContain(
      JSON.stringify('{"name":"event-ttl","value":"5m"}').slice(1, -1),
    );
  });
});
