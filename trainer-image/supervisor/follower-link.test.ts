/** The end of a leader's line to a follower, whenever it comes. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Channel } from './channel.ts';
import { FollowerLink } from './follower-link.ts';
import { listen, type Listening } from './secure.ts';

const HOST = '127.0.0.1';

let listening: Listening | undefined;
let greetings = 0;
let over = new AbortController();

/** A line to a worker that is always ready. */
async function lineTo(token: () => string, onChange: (link: FollowerLink) => void): Promise<FollowerLink> {
  listening = await listen(
    { host: HOST, port: 0 },
    () => 'one',
    (socket) => {
      greetings += 1;
      const channel: Channel = new Channel(socket, {
        onMessage: () => undefined,
        onBytes: () => undefined,
        onClosed: () => undefined,
      });
      channel.send({ kind: 'hello', version: '1.0.0', worker: 1 });
      channel.send({ kind: 'stopped' });
    },
    () => undefined,
  );
  const link: FollowerLink = new FollowerLink({
    ...{ worker: 1, address: { host: HOST, port: listening.port }, version: '1.0.0', token },
    logger: { info: () => undefined, warn: () => undefined },
    onChange: () => {
      onChange(link);
    },
  });
  return link;
}

beforeEach(() => {
  greetings = 0;
  over = new AbortController();
});

afterEach(async () => {
  over.abort();
  await listening?.close();
});

test('a line is given up also when the end comes while it is being made', async () => {
  const end = new AbortController();
  const link = await lineTo(
    () => {
      end.abort();
      return 'one';
    },
    () => undefined,
  );
  await link.keep(end.signal);
  expect(link.isReady).toBe(false);
});

test('a follower that may go is not called again', async () => {
  let dismissed: Promise<void> | undefined;
  const link = await lineTo(
    () => 'one',
    (it) => {
      if (it.isReady) {
        dismissed = it.dismiss();
      }
    },
  );
  await link.keep(over.signal);
  await dismissed;
  expect(greetings).toBe(1);
});
