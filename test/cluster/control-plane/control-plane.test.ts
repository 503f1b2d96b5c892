import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { dirname } from 'node:path';
import { remaining, takeTraces } from '../../support/cluster-traces.ts';
import {
  fakeNodeName,
  KubectlError,
  startControlPlane,
  whyNoControlPlane,
  type ControlPlane,
} from '../cluster.ts';

const describeIfPossible = whyNoControlPlane() === null ? describe : describe.skip;

describeIfPossible('a control plane on loopback', () => {
  let cluster: ControlPlane;

  beforeAll(async () => {
    cluster = await startControlPlane({
      apiServerFlags: ['--event-ttl=5m'],
      fakeNodes: { count: 2, gpus: 4 },
    });
  });

  afterAll(() => cluster.down());

  it('says the version that it was built from', async () => {
    const { serverVersion } = JSON.parse(await cluster.kubectl(['version', '-o', 'json'])) as {
      serverVersion: { gitVersion: string };
    };
    expect(serverVersion.gitVersion).toBe('v1.37.2');
  });

  it('schedules pods on nodes that exist in the API only, and says that they run', async () => {
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'needs-gpus' },
      spec: {
        containers: [{ name: 'main', image: 'none', resources: { limits: { 'nvidia.com/gpu': '4' } } }],
      },
    };
    await cluster.kubectl(['create', '-f', '-'], JSON.stringify(pod));
    await cluster.kubectl(['wait', '--for=condition=Ready', 'pod/needs-gpus', '--timeout=180s']);
    const node = await cluster.kubectl(['get', 'pod', 'needs-gpus', '-o', 'jsonpath={.spec.nodeName}']);
    expect([fakeNodeName(0), fakeNodeName(1)]).toContain(node);
  });

  it("lets a Job's pods run until somebody says otherwise", async () => {
    const job = {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'works-on' },
      spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'none' }] } } },
    };
    await cluster.kubectl(['create', '-f', '-'], JSON.stringify(job));
    await cluster.kubectl(['wait', '--for=jsonpath={.status.ready}=1', 'job/works-on', '--timeout=180s']);
    const pods = ['pods', '-l', 'job-name=works-on'];
    const name = await cluster.kubectl(['get', ...pods, '-o', 'jsonpath={.items[0].metadata.name}']);
    await cluster.kubectl([
      ...['patch', 'pod', name, '--subresource=status', '--type=merge'],
      ...['-p', '{"status":{"phase":"Succeeded","conditions":[]}}'],
    ]);
    await cluster.kubectl(['wait', '--for=condition=Complete', 'job/works-on', '--timeout=180s']);
  });

  it('tells kubectl errors with what kubectl said', async () => {
    const error: unknown = await cluster
      .kubectl(['get', 'pod', 'missing'])
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(KubectlError);
    expect(String(error)).toContain('"missing" not found');
  });

  it('keeps its address and its data when the API server crashes', async () => {
    await cluster.kubectl(['create', 'configmap', 'kept']);
    await cluster.stopApiServer();
    await expect(cluster.kubectl(['get', 'configmap', 'kept', '--request-timeout=5s'])).rejects.toThrow(
      /refused/u,
    );
    await cluster.startApiServer();
    expect(await cluster.kubectl(['get', 'configmap', 'kept', '-o', 'name'])).toBe('configmap/kept\n');
  });

  it('answers nothing while the API server is frozen, and goes on after', async () => {
    await cluster.pauseApiServer();
    await expect(cluster.kubectl(['get', 'namespaces', '--request-timeout=2s'])).rejects.toThrow(
      KubectlError,
    );
    await cluster.resumeApiServer();
    expect(await cluster.kubectl(['get', 'namespace', 'default', '-o', 'name'])).toBe('namespace/default\n');
  });
});

describeIfPossible('two control planes side by side', () => {
  it('have addresses of their own, and leave nothing when they go', async () => {
    const clusters = await Promise.all([startControlPlane(), startControlPlane()]);
    const [first, second] = clusters;
    expect(first.url).not.toBe(second.url);
    await first.kubectl(['create', 'namespace', 'only-in-the-first']);
    expect(await second.kubectl(['get', 'namespaces', '-o', 'name'])).not.toContain('only-in-the-first');
    const traces = clusters.map((cluster) => takeTraces(dirname(cluster.kubeconfigPath)));
    expect(traces.every(({ processes }) => processes.length >= 4)).toBe(true);
    await Promise.all(clusters.map((cluster) => cluster.down()));
    expect(traces.flatMap(remaining)).toEqual([]);
  });
});
