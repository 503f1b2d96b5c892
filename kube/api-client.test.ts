/** Requests to a real HTTP server that does not do what API servers do. */
import { expect, test } from '@jest/globals';
import { sleep } from '../timing/timers.ts';
import { scriptedApiServer } from '../test/support/cluster/scripted-api-server.ts';

const never = new AbortController().signal;

async function all(events: AsyncIterable<unknown>): Promise<readonly unknown[]> {
  const seen: unknown[] = [];
  for await (const event of events) {
    seen.push(event);
  }
  return seen;
}

test('a watch that falls silent counts as dead', async () => {
  await using cluster = await scriptedApiServer((_request, response) => {
    response.writeHead(200);
    response.write('{"type":"BOOKMARK"}\n');
  });
  const seen: unknown[] = [];
  const watching = (async () => {
    for await (const event of cluster.client.watch('/jobs', {}, 50, never)) {
      seen.push(event);
    }
  })();
  await expect(watching).rejects.toMatchObject({ name: 'ApiUnreachableError', server: cluster.server });
  expect(seen).toEqual([{ type: 'BOOKMARK' }]);
});

test('a watch that a proxy fills with prose has broken', async () => {
  await using cluster = await scriptedApiServer((_request, response) => response.end('<html>\n'));
  await expect(all(cluster.client.watch('/jobs', {}, 1000, never))).rejects.toMatchObject({
    name: 'ApiUnreachableError',
  });
});

test('a watch that is refused says so in the words of the server', async () => {
  await using cluster = await scriptedApiServer((_request, response) => {
    response.writeHead(403);
    response.end(JSON.stringify({ message: 'jobs is forbidden', reason: 'Forbidden' }));
  });
  await expect(all(cluster.client.watch('/jobs', {}, 1000, never))).rejects.toMatchObject({
    name: 'ApiError',
    status: 403,
    answer: 'jobs is forbidden',
  });
});

test('requests of a trainer share a connection, however seldom they come', async () => {
  const ports = new Set<number | undefined>();
  await using cluster = await scriptedApiServer((request, response) => {
    ports.add(request.socket.remotePort);
    response.end('{}');
  });
  await cluster.client.request({ method: 'GET', path: '/lease' });
  // Undici by itself would have given the connection up after four.
  await sleep(5000);
  await cluster.client.request({ method: 'GET', path: '/lease' });
  expect(ports.size).toBe(1);
});

test('a watch that is given up at once, before or after it has begun, leaves nothing behind that rejects', async () => {
  await using cluster = await scriptedApiServer((_request, response) => {
    response.writeHead(200);
    response.write('{"type":"BOOKMARK"}\n');
  });
  const unhandled: unknown[] = [];
  const note = (error: unknown): void => {
    unhandled.push(error);
  };
  process.on('unhandledRejection', note);
  await expect(all(cluster.client.watch('/jobs', {}, 1000, AbortSignal.abort()))).rejects.toThrow();
  const over = new AbortController();
  for await (const event of cluster.client.watch('/jobs', {}, 1000, over.signal)) {
    expect(event).toBeDefined();
    over.abort();
    break;
  }
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', note);
  expect(unhandled).toEqual([]);
});
