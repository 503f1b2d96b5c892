/** Following a log through a server that falls silent; the server is a real one. */
import { expect, test } from '@jest/globals';
import { scriptedApiServer } from '../../test/support/cluster/scripted-api-server.ts';
import { readTrainerLog } from './trainer-logs.ts';

const REQUEST = { namespace: 'video', job: 'first', rank: 0, previous: false, follow: true, tail: undefined };
const QUIET_MS = 20;

const pod = (state: object): object => ({
  metadata: { name: 'first-0', creationTimestamp: '2026-01-01T00:00:00Z' },
  status: { containerStatuses: [{ name: 'trainer', restartCount: 0, state }] },
});

test('a log that is silent goes on while server and trainer are there, and ends when the server is not', async () => {
  let looks = 0;
  const LOOKS_ANSWERED = 3;
  await using cluster = await scriptedApiServer(
    ({ url = '' }, response) => {
      if (url.includes('/log')) {
        response.writeHead(200);
        response.write('begun\n');
        return;
      }
      if (url.includes('/pods/first-0')) {
        looks += 1;
        if (looks > LOOKS_ANSWERED) {
          // As if the line were dead: the request is never answered.
          return;
        }
        response.end(JSON.stringify(pod({ running: {} })));
        return;
      }
      response.end(JSON.stringify({ items: [pod({ running: {} })] }));
    },
    { timeoutMs: 200 },
  );
  const log: string[] = [];
  const reader = { write: (text: string) => log.push(text), onWait: () => undefined };
  const signal = new AbortController().signal;
  await expect(readTrainerLog(cluster.client, REQUEST, reader, signal, QUIET_MS)).rejects.toMatchObject({
    name: 'ApiUnreachableError',
  });
  expect(log.join('')).toBe('begun\n');
  expect(looks).toBe(LOOKS_ANSWERED + 1);
});

test('a log that does not end with its trainer has broken off', async () => {
  await using cluster = await scriptedApiServer(({ url = '' }, response) => {
    if (url.includes('/log')) {
      response.writeHead(200);
      response.write('begun\n');
      return;
    }
    const ended = pod({ terminated: { exitCode: 0 } });
    response.end(JSON.stringify(url.includes('/pods/first-0') ? ended : { items: [ended] }));
  });
  const reader = { write: () => undefined, onWait: () => undefined };
  const signal = new AbortController().signal;
  await expect(readTrainerLog(cluster.client, REQUEST, reader, signal, QUIET_MS)).rejects.toThrow(
    'broke off',
  );
});
