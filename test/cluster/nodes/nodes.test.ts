import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startCluster, whyNoNodes, type Cluster } from '../cluster.ts';
import { waitUntil } from '../control-plane/wait-until.ts';
import { makeNodeImage, NODE_IMAGE } from '../images/base-image.ts';

const describeOnNodes = whyNoNodes() === null ? describe : describe.skip;

const PATIENCE_MS = 300_000;

interface PodOptions {
  readonly program: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly limits?: Readonly<Record<string, string>>;
  /** Mounted at /shared. */
  readonly hostPath?: string;
  readonly node?: string;
  readonly subdomain?: string;
}

/** A pod that runs a Node program. */
function pod(name: string, options: PodOptions): string {
  const { program, labels = {}, limits = {}, hostPath, node, subdomain } = options;
  const volumes = hostPath === undefined ? [] : [{ name: 'shared', hostPath: { path: hostPath } }];
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels },
    spec: {
      restartPolicy: 'Never',
      tolerations: [{ operator: 'Exists' }], // a lost node keeps its pods
      terminationGracePeriodSeconds: 1,
      ...(node === undefined ? {} : { nodeName: node }),
      ...(subdomain === undefined ? {} : { hostname: name, subdomain }),
      volumes,
      containers: [
        {
          name: 'main',
          image: NODE_IMAGE,
          imagePullPolicy: 'Never',
          command: ['node', '-e', program],
          resources: { limits },
          volumeMounts: volumes.map((volume) => ({ name: volume.name, mountPath: '/shared' })),
        },
      ],
    },
  });
}

const SERVER = `
const os = require('node:os');
require('node:http').createServer((_, response) => response.end(os.hostname())).listen(8080, () => console.log('listening'));
process.on('SIGTERM', () => process.exit(0));`;

describeOnNodes('a cluster with real nodes', () => {
  let cluster: Cluster;

  const create = (manifest: string): Promise<string> => cluster.kubectl(['create', '-f', '-'], manifest);
  const field = (object: string, path: string): Promise<string> =>
    cluster.kubectl(['get', object, '-o', `jsonpath=${path}`]);
  const untilField = async (object: string, path: string, wanted: string): Promise<void> => {
    let last = '';
    const look = async (): Promise<true | null> => {
      last = await field(object, path);
      return last === wanted ? true : null;
    };
    await waitUntil(look, {
      what: `${path} of ${object} to be ${wanted}`,
      timeoutMs: PATIENCE_MS,
      periodMs: 300,
      seen: () => last,
    });
  };
  const untilNode = (name: string, ready: 'True' | 'Unknown'): Promise<void> =>
    untilField(`node/${name}`, '{.status.conditions[?(@.type=="Ready")].status}', ready);

  beforeAll(async () => {
    cluster = await startCluster({ nodes: 2, gpusPerNode: 4, images: [await makeNodeImage()] });
  });

  afterAll(() => cluster.down());

  it('runs pods and tells their logs, exit codes and messages', async () => {
    await create(pod('fails', { program: `console.log('about to fail'); process.exit(65)` }));
    await untilField('pod/fails', '{.status.phase}', 'Failed');
    const code = '{.status.containerStatuses[0].state.terminated.exitCode}';
    expect(await field('pod/fails', code)).toBe('65');
    expect(await cluster.kubectl(['logs', 'fails'])).toBe('about to fail\n');
  });

  it('connects pods on different nodes by DNS names and Services, and this machine with them', async () => {
    const [first = '', second = ''] = cluster.nodes;
    await cluster.kubectl(['create', 'service', 'clusterip', 'web', '--tcp=80:8080', '--clusterip=None']);
    await cluster.kubectl(['create', 'service', 'clusterip', 'balanced', '--tcp=80:8080']);
    const labels = { app: 'web' };
    const set = ['set', 'selector', 'service', 'balanced', 'app=web'];
    await cluster.kubectl(set);
    await create(pod('w-0', { program: SERVER, labels, node: first, subdomain: 'web' }));
    await cluster.kubectl(['wait', '--for=condition=Ready', 'pod/w-0', '--timeout=180s']);
    const client = `
      const get = async (url) => { for (;;) { try { return await (await fetch(url)).text() } catch { await new Promise((r) => setTimeout(r, 200)) } } };
      Promise.all([get('http://w-0.web:8080'), get('http://balanced')]).then((answers) => console.log(answers.join()));`;
    await create(pod('client', { program: client, node: second }));
    await untilField('pod/client', '{.status.phase}', 'Succeeded');
    expect(await cluster.kubectl(['logs', 'client'])).toBe('w-0,w-0\n');
    const ip = await field('pod/w-0', '{.status.podIP}');
    expect(await (await fetch(`http://${ip}:8080`)).text()).toBe('w-0');
    expect(await cluster.kubectl(['exec', 'w-0', '--', 'cat', '/etc/hostname'])).toBe('w-0\n');
  });

  it('lets a pod call the API server with its ServiceAccount', async () => {
    const program = `
      const { readFileSync } = require('node:fs');
      const folder = '/var/run/secrets/kubernetes.io/serviceaccount/';
      const headers = { authorization: 'Bearer ' + readFileSync(folder + 'token') };
      require('node:https').get('https://kubernetes.default.svc/apis', { ca: readFileSync(folder + 'ca.crt'), headers }, (response) => { console.log(response.statusCode); response.resume(); });`;
    await create(pod('calls-api', { program }));
    await untilField('pod/calls-api', '{.status.phase}', 'Succeeded');
    expect(await cluster.kubectl(['logs', 'calls-api'])).toBe('200\n');
  });

  it('shares a folder of this machine with the pods of every node', async () => {
    for (const node of cluster.nodes) {
      const program = `require('node:fs').writeFileSync('/shared/${node}', 'written')`;
      await create(pod(`writes-${node}`, { program, node, hostPath: cluster.sharedFolder }));
    }
    for (const node of cluster.nodes) {
      await untilField(`pod/writes-${node}`, '{.status.phase}', 'Succeeded');
      expect(readFileSync(join(cluster.sharedFolder, node), 'utf8')).toBe('written');
    }
  });

  it('kills a container that takes more memory than its limit', async () => {
    const program = `const kept = []; for (;;) kept.push(Buffer.alloc(1 << 20, 1))`;
    await create(pod('too-big', { program, limits: { memory: '96Mi' } }));
    await untilField('pod/too-big', '{.status.containerStatuses[0].state.terminated.reason}', 'OOMKilled');
  });

  it('gives pods the GPUs that it does not have, and takes back the broken ones', async () => {
    const [node = ''] = cluster.nodes;
    const gpus = (): Promise<string> => field(`node/${node}`, '{.status.allocatable.nvidia\\.com/gpu}');
    const program = `console.log(process.env.NVIDIA_VISIBLE_DEVICES.split(',').length)`;
    await create(pod('has-gpus', { program, limits: { 'nvidia.com/gpu': '2' } }));
    await untilField('pod/has-gpus', '{.status.phase}', 'Succeeded');
    expect(await cluster.kubectl(['logs', 'has-gpus'])).toBe('2\n');
    await cluster.setGpuHealth(node, 3, false);
    await untilField(`node/${node}`, '{.status.allocatable.nvidia\\.com/gpu}', '3');
    await cluster.setGpuHealth(node, 3, true);
    await untilField(`node/${node}`, '{.status.allocatable.nvidia\\.com/gpu}', '4');
    expect(await gpus()).toBe('4');
  });

  it('notices a node that lost power, and takes it back with its disk', async () => {
    const [, node = ''] = cluster.nodes;
    await cluster.crashNode(node);
    await untilNode(node, 'Unknown');
    await cluster.reviveNode(node);
    await untilNode(node, 'True');
    await create(pod('after-revival', { program: `console.log('again')`, node }));
    await untilField('pod/after-revival', '{.status.phase}', 'Succeeded');
  });

  it('notices a node that is cut off, whose pods go on', async () => {
    const [, node = ''] = cluster.nodes;
    const file = join(cluster.sharedFolder, 'beats');
    const program = `setInterval(() => require('node:fs').appendFileSync('/shared/beats', '.'), 100); process.on('SIGTERM', () => process.exit())`;
    await create(pod('beats', { program, node, hostPath: cluster.sharedFolder }));
    await waitUntil(() => Promise.resolve(existsSync(file) ? true : null), {
      what: 'the first beat',
      timeoutMs: PATIENCE_MS,
    });
    await cluster.partition(node);
    await untilNode(node, 'Unknown');
    const before = readFileSync(file).length;
    await waitUntil(() => Promise.resolve(readFileSync(file).length > before ? true : null), {
      what: 'a beat of the pod on the node that is cut off',
      timeoutMs: PATIENCE_MS,
    });
    await cluster.heal(node);
    await untilNode(node, 'True');
    expect(await field('pod/beats', '{.status.phase}')).toBe('Running');
  });
});
