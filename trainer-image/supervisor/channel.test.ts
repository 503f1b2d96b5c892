/** The line between two supervisors, over encrypted sockets of this machine. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { duplexPair } from 'node:stream';
import { createHash } from 'node:crypto';
import { createServer, connect, type AddressInfo, type Server } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { Channel } from './channel.ts';
import { messageFrame } from './frames.ts';
import type { Message } from './messages.ts';
import { connectTo, listen, type Listening, TokenRefusedError, UnreachableError } from './secure.ts';

const HOST = '127.0.0.1';

function hear(): {
  readonly messages: Message[];
  readonly closed: Promise<string>;
  readonly listener: ConstructorParameters<typeof Channel>[1];
} {
  const messages: Message[] = [];
  const { promise: closed, resolve } = Promise.withResolvers<string>();
  const listener = {
    onMessage: (message: Message) => {
      messages.push(message);
    },
    onBytes: () => undefined,
    onClosed: resolve,
  };
  return { messages, closed, listener };
}

async function portOf(server: Server): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<AddressInfo | string | null>();
  server.listen(0, HOST, () => {
    resolve(server.address());
  });
  const address = await promise;
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe('a channel', () => {
  test('is over when nothing is heard from the other side, whatever the network says', async () => {
    const [one, silent] = duplexPair();
    silent.resume();
    const { closed, listener } = hear();
    new Channel(one, listener);
    expect(await closed).toMatch(/nothing was heard for 5 s/);
  });

  test.each([
    ['unknown', { kind: 'run', command: 'rm' }],
    ['incomplete', { kind: 'start', proxy: -1 }],
  ])('is over when a message is %s', async (_, message) => {
    const [one, other] = duplexPair();
    const { closed, messages, listener } = hear();
    new Channel(one, listener);
    other.write(messageFrame({ kind: 'stop' }));
    other.write(messageFrame(message));
    expect(await closed).toMatch(/nobody here knows/);
    expect(messages).toEqual([{ kind: 'stop' }]);
  });
});

describe('the encryption', () => {
  let listening: Listening | undefined;
  const refused: string[] = [];

  async function open(token: string): Promise<number> {
    refused.length = 0;
    const address = { host: HOST, port: 0 };
    listening = await listen(
      address,
      () => token,
      (socket) => socket.end('in'),
      (why) => refused.push(why),
    );
    return listening.port;
  }

  afterEach(async () => {
    await listening?.close();
    listening = undefined;
  });

  test('lets in who has the token', async () => {
    const port = await open('one');
    const socket = await connectTo({ host: HOST, port }, 'one\n');
    expect(socket.getCipher().name).toBe('ECDHE-PSK-CHACHA20-POLY1305');
    const said = await socket.toArray();
    expect(Buffer.concat(said).toString()).toBe('in');
  });

  test('refuses who has another one, and says so on both sides', async () => {
    const port = await open('one');
    await expect(connectTo({ host: HOST, port }, 'two')).rejects.toThrow(TokenRefusedError);
    expect(refused).toHaveLength(1);
  });

  test('ends connections that say something else', async () => {
    const port = await open('one');
    const socket = connect(port, HOST);
    socket.write('GET / HTTP/1.1\r\n\r\n');
    await socket.toArray().catch(() => undefined);
    expect(socket.destroyed).toBe(true);
  });

  test('tells a port where nobody listens from one where somebody else does', async () => {
    const server = createServer((socket) => socket.end('220 mail'));
    const port = await portOf(server);
    await expect(connectTo({ host: HOST, port }, 'one')).rejects.toThrow(TokenRefusedError);
    server.close();
    await expect(connectTo({ host: HOST, port }, 'one')).rejects.toThrow(UnreachableError);
  });

  test('takes a connection that is accepted and then closed for one to nobody: proxies of a network do that', async () => {
    const server = createServer((socket) => socket.destroy());
    const port = await portOf(server);
    await expect(connectTo({ host: HOST, port }, 'one')).rejects.toThrow(UnreachableError);
    server.close();
  });

  test('also goes by the suite of builds that know standard algorithms only', async () => {
    const socket = connectTls({
      ...{ host: HOST, port: await open('one'), ciphers: 'DHE-PSK-AES256-GCM-SHA384', maxVersion: 'TLSv1.2' },
      checkServerIdentity: () => undefined,
      pskCallback: () => ({
        psk: createHash('sha256').update('multigrid workers\none').digest(),
        identity: 'multigrid-worker',
      }),
    });
    const said = await socket.toArray();
    expect(Buffer.concat(said).toString()).toBe('in');
  });

  test('cannot listen where somebody does', async () => {
    const port = await open('one');
    const again = listen(
      { host: HOST, port },
      () => 'one',
      () => undefined,
      () => undefined,
    );
    await expect(again).rejects.toThrow(/EADDRINUSE/);
  });
});
