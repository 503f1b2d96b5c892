/** Watching jobs through servers and lines that misbehave; the server is a real one. */
import { expect, test } from '@jest/globals';
import { scriptedApiServer } from '../../test/support/cluster/scripted-api-server.ts';
import { makeStoredJob } from '../../test/support/run/jobs.ts';
import { waitUntil } from '../../test/cluster/control-plane/wait-until.ts';
import { watchJobs } from './jobs.ts';

const LIST = { metadata: { resourceVersion: '7' }, items: [makeStoredJob()] };
const isWatch = (url: string | undefined): boolean => url?.includes('watch=true') === true;

test('a server that ends every watch at once is asked after pauses that grow, and not for lists again', async () => {
  await using cluster = await scriptedApiServer((request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(isWatch(request.url) ? '' : JSON.stringify(LIST));
  });
  const pausesMs: number[] = [];
  const over = new AbortController();
  await watchJobs(
    cluster,
    { namespace: 'default', onJobs: () => undefined, onOutage: () => undefined },
    over.signal,
    {
      sleep: (ms) => {
        pausesMs.push(ms);
        if (pausesMs.length === 8) {
          over.abort();
        }
        return Promise.resolve();
      },
      monotonicNow: () => 0,
      random: () => 0,
    },
  );
  expect(pausesMs).toEqual([200, 400, 800, 1600, 3200, 6400, 12_800, 15_000]);
  expect(cluster.asked.filter((url) => !isWatch(url))).toHaveLength(1);
});

test('a watch is a new one in time, so that a connection that is dead does not freeze the display', async () => {
  await using cluster = await scriptedApiServer((request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(isWatch(request.url) ? '' : JSON.stringify(LIST));
  });
  const over = new AbortController();
  const watching = watchJobs(
    cluster,
    { namespace: 'default', onJobs: () => undefined, onOutage: () => undefined },
    over.signal,
  );
  const watch = await waitUntil(() => Promise.resolve(cluster.asked.find(isWatch) ?? null), {
    what: 'a watch',
    timeoutMs: 60_000,
  });
  over.abort();
  await watching;
  expect(Number(new URLSearchParams(watch).get('timeoutSeconds'))).toBeLessThanOrEqual(60);
});

test('the wait of an outage ends with the wish to stop', async () => {
  let hasListed = false;
  await using cluster = await scriptedApiServer((_request, response) => {
    response.writeHead(hasListed ? 503 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(LIST));
    hasListed = true;
  });
  const over = new AbortController();
  const outages: unknown[] = [];
  await watchJobs(
    cluster,
    { namespace: 'default', onJobs: () => undefined, onOutage: (error) => outages.push(error) },
    over.signal,
    {
      // Never over by itself: only the signal ends it.
      sleep: (_ms, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            reject(new Error('aborted'));
          });
          over.abort();
        }),
      monotonicNow: () => 0,
      random: () => 0,
    },
  );
  expect(outages).toHaveLength(1);
});
