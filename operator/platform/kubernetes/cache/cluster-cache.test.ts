/** What a replica remembers, whether it leads or not; the API server is a small model of one, over real HTTP. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { waitUntil } from '../../../../test/cluster/control-plane/wait-until.ts';
import { sleep } from '../../../../timing/timers.ts';
import { ApiClient } from '../../../../kube/api-client.ts';
import { ClusterAccess } from '../../../../kube/cluster-access.ts';
import { LIFE } from '../../../../multigrid/contract/timings.ts';
import type { Silence } from '../../../runtime/silence-watch.ts';
import { ClusterCache } from './cluster-cache.ts';

type Resource = 'multigridtrainingjobs' | 'pods' | 'leases of nodes';

const WATCHED: readonly Resource[] = ['multigridtrainingjobs', 'pods', 'leases of nodes'];

let folder: string;
const watches = new Map<string, ServerResponse>();
let version = 1;
let over: AbortController;
let server: Server;
let access: ClusterAccess;
let cache: ClusterCache;
let running: Promise<void>;

const resourceOf = (url: string): string =>
  url.includes('/namespaces/kube-node-lease/')
    ? 'leases of nodes'
    : (new URL(url, 'http://server').pathname.split('/').at(-1) ?? 'nothing');

/** A second of the cache's clocks takes a moment. */
let nowMs: number;
const shortSleep: typeof sleep = async (ms, signal) => {
  await sleep(2, signal);
  nowMs += ms;
};

/** Tells all who watch, as an API server would. */
function tell(
  resource: Resource,
  type: 'ADDED' | 'MODIFIED' | 'DELETED',
  object: { metadata: object },
): void {
  version += 1;
  const metadata = { ...object.metadata, resourceVersion: String(version) };
  watches.get(resource)?.write(`${JSON.stringify({ type, object: { ...object, metadata } })}\n`);
}

const job = (name: string): { metadata: object } => ({ metadata: { namespace: 'video', name, uid: name } });

const podOf = (jobName: string): { metadata: object } => ({
  metadata: {
    name: `${jobName}-0-x`,
    namespace: 'video',
    uid: `${jobName}-pod`,
    creationTimestamp: '2026-01-01T00:00:00Z',
    labels: { 'training.multigrid.dev/job-name': jobName },
    annotations: { 'batch.kubernetes.io/job-completion-index': '0' },
    ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: jobName, uid: 'job', controller: true }],
  },
});

const answeringPod = (jobName: string): { metadata: object } => ({
  ...podOf(jobName),
  ...{ spec: { nodeName: 'node-1', containers: [{ name: 'trainer', readinessProbe: {} }] } },
  ...{
    status: {
      phase: 'Running',
      conditions: ['ContainersReady', 'Ready'].map((type) => ({ type, status: 'True' })),
      containerStatuses: [
        { name: 'trainer', ready: true, state: { running: { startedAt: '2026-01-01T00:00:02Z' } } },
      ],
    },
  },
});

const endedPod = (jobName: string): { metadata: object; status: object } => ({
  ...podOf(jobName),
  status: {
    phase: 'Failed',
    containerStatuses: [
      {
        name: 'trainer',
        state: {
          terminated: {
            exitCode: 137,
            reason: 'Error',
            startedAt: '2026-01-01T00:00:02Z',
            finishedAt: '2026-01-01T00:00:05Z',
          },
        },
      },
    ],
  },
});

beforeEach(async () => {
  over = new AbortController();
  watches.clear();
  nowMs = 0;
  folder = temporaryFolder();
  server = createServer((request, response) => {
    const url = request.url ?? '';
    response.writeHead(200, { 'content-type': 'application/json' });
    if (url.includes('watch=true')) {
      watches.set(resourceOf(url), response);
      response.flushHeaders();
    } else {
      response.end(JSON.stringify({ metadata: { resourceVersion: String(version) }, items: [] }));
    }
  });
  const { promise, resolve } = Promise.withResolvers<undefined>();
  server.listen(0, '127.0.0.1', () => {
    resolve(undefined);
  });
  await promise;
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : null;
  const path = join(folder, 'kubeconfig');
  const [clusters, users] = [
    [{ name: 'model', cluster: { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true } }],
    [{ name: 'me', user: {} }],
  ];
  const contexts = [{ name: 'all', context: { cluster: 'model', user: 'me' } }];
  writeFileSync(
    path,
    JSON.stringify({ apiVersion: 'v1', kind: 'Config', clusters, users, contexts, 'current-context': 'all' }),
  );
  access = ClusterAccess.load(path, () => performance.now());
  const client = new ApiClient({ access, now: Date.now, sleep, random: () => 0, userAgent: 'test' });
  cache = new ClusterCache({
    client,
    namespaces: null,
    hasNodeLeases: true,
    monotonicNow: () => nowMs,
    sleep: shortSleep,
    random: () => 0,
    onError: () => undefined,
    onJob: () => undefined,
  });
  running = cache.run(over.signal);
  await cache.synced();
  await waitUntil(() => Promise.resolve(WATCHED.every((resource) => watches.has(resource)) ? true : null), {
    what: 'the watches to be open',
    timeoutMs: 60_000,
  });
});

afterEach(async () => {
  over.abort();
  await running;
  await access.close();
  server.closeAllConnections();
  server.close();
});

async function until(what: string, isSo: () => boolean): Promise<void> {
  await waitUntil(() => Promise.resolve(isSo() ? true : null), { what, timeoutMs: 60_000, periodMs: 5 });
}

test('keeps ended pods as long as their job is there, though nobody looks at the job', async () => {
  tell('multigridtrainingjobs', 'ADDED', job('first'));
  await until('the job', () => cache.jobs.get('video/first') !== null);
  tell('pods', 'ADDED', endedPod('first'));
  await until('the ended pod', () => cache.endedPods.of('video/first').length === 1);
  tell('multigridtrainingjobs', 'DELETED', job('first'));
  await until('the job to go', () => cache.jobs.get('video/first') === null);
  expect(cache.endedPods.size).toBe(0);
  tell('multigridtrainingjobs', 'ADDED', job('second'));
  await until('the other job', () => cache.jobs.get('video/second') !== null);
  // Garbage collection takes the pods after the job.
  tell('pods', 'DELETED', endedPod('first'));
  tell('pods', 'ADDED', endedPod('second'));
  await until('what was told after it', () => cache.endedPods.of('video/second').length === 1);
  expect(cache.endedPods.size).toBe(1);
});

test('knows of pods that had ended before it knew of their job', async () => {
  tell('pods', 'ADDED', endedPod('late'));
  tell('pods', 'ADDED', endedPod('later'));
  await until('the pods', () => cache.workersOf('video/later', '').pods.length === 1);
  expect(cache.endedPods.size).toBe(0);
  tell('multigridtrainingjobs', 'ADDED', job('late'));
  await until('the ended pod', () => cache.endedPods.of('video/late').length === 1);
});

test('a trainer that answers may be silent for longer, but not when its node is silent itself', async () => {
  const managedFields = [{ manager: 'mgt-progress', time: '2026-01-01T00:00:03Z' }];
  tell('multigridtrainingjobs', 'ADDED', { metadata: { ...job('first').metadata, managedFields } });
  tell('pods', 'ADDED', answeringPod('first'));
  const allowed = async (ms: number): Promise<void> => {
    const silence = (): Silence => cache.words.watch.silenceOf('video/first');
    await waitUntil(() => Promise.resolve(silence().allowedSilenceMs === ms ? true : null), {
      what: `${ms} ms of silence to be allowed`,
      timeoutMs: 60_000,
      periodMs: 1,
      seen: () => JSON.stringify(silence()),
    });
  };
  // Of a node whose lease nobody has seen nothing is known.
  await allowed(LIFE.vouchedSilenceMs);
  const lease = { metadata: { name: 'node-1', namespace: 'kube-node-lease' } };
  for (const [index, leaseDurationSeconds] of [40, 4, 80].entries()) {
    const heardMs = nowMs;
    const renewed = { ...lease, spec: { renewTime: String(index), leaseDurationSeconds } };
    tell('leases of nodes', 'MODIFIED', renewed);
    await allowed(LIFE.vouchedSilenceMs);
    await allowed(LIFE.silenceMs);
    // Two and a half renewals, of which there are four in the time of a lease; to a few ticks.
    const silenceMs = Math.max(LIFE.nodeSilenceMs, 625 * leaseDurationSeconds);
    expect(nowMs - heardMs).toBeGreaterThan(silenceMs - 5000);
  }
  tell('leases of nodes', 'DELETED', lease);
  tell('pods', 'MODIFIED', answeringPod('first'));
  await allowed(LIFE.vouchedSilenceMs);
});
