/**
 * Connections between the supervisors of one job: TLS whose only key is the job's token (a pre-shared key, ECDHE). In: the token,
 * an address. Out: an encrypted socket to somebody who has the same token. The token itself never crosses the network and is
 * compared by nobody: who has another one cannot finish the handshake, on either side.
 */
import { createHash } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type SecureVersion, type TLSSocket } from 'node:tls';
import { SUPERVISOR } from '../../multigrid/contract/timings.ts';
import { messageOf } from '../../multigrid/errors/message-of.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Where to listen. */
export interface Place {
  /** Left out: all addresses of this host, of the families that it has. */
  readonly host?: string;
  /** 0: any that is free. */
  readonly port: number;
}

/** The other side speaks, but not with this token: it has another one, or is no supervisor. */
export class TokenRefusedError extends Error {
  override readonly name = 'TokenRefusedError';
}

/** Nobody answers there now, or somebody does for one that is not there (a proxy of the network) and hangs up. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
}

const IDENTITY = 'multigrid-worker';
const VERSION: SecureVersion = 'TLSv1.2';
// Pre-shared keys with the runtime's TLS end at 1.2; both suites have forward secrecy.
const SECURITY = {
  ciphers: 'ECDHE-PSK-CHACHA20-POLY1305:DHE-PSK-AES256-GCM-SHA384',
  ...{ minVersion: VERSION, maxVersion: VERSION },
};
/** At the same time, beside those that are in use: nobody but the job's own workers has a reason to connect. */
const MOST_CONNECTIONS = 16;

export interface Listening {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * @param token - read anew for each connection: its Secret may have been made anew
 * @param onRefused - told of connections that came to nothing
 * @throws the system's error when the port cannot be had
 */
export async function listen(
  place: Place,
  token: () => string,
  onSocket: (socket: TLSSocket) => void,
  onRefused: (why: string) => void,
): Promise<Listening> {
  const server = createServer(
    {
      ...SECURITY,
      // Without groups of its own choice a server of Node's offers ECDHE alone.
      dhparam: 'auto',
      handshakeTimeout: SUPERVISOR.connectMs,
      pskCallback: (_socket, identity) => (identity === IDENTITY ? keyOf(token()) : null),
    },
    onSocket,
  );
  server.maxConnections = MOST_CONNECTIONS;
  server.on('tlsClientError', (error) => {
    onRefused(messageOf(error));
  });
  const { promise, resolve, reject } = Promise.withResolvers<AddressInfo | string | null>();
  server.once('error', reject);
  server.listen(place, () => {
    resolve(server.address());
  });
  const address = await promise;
  return {
    port: typeof address === 'object' && address !== null ? address.port : place.port,
    close: async () => {
      const closed = Promise.withResolvers<null>();
      server.close(() => {
        closed.resolve(null);
      });
      await closed.promise;
    },
  };
}

/** @throws TokenRefusedError, UnreachableError */
export async function connectTo({ host, port }: Address, token: string): Promise<TLSSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>();
  const socket = connect({
    ...SECURITY,
    host,
    port,
    // There are no certificates: who has the key is who it should be.
    checkServerIdentity: () => undefined,
    pskCallback: () => ({ psk: keyOf(token), identity: IDENTITY }),
  });
  const onError = (error: Error): void => {
    reject(
      isOfTls(error)
        ? new TokenRefusedError(
            `${host}:${port} does not accept the token of this job (or is no supervisor of it)`,
            { cause: error },
          )
        : new UnreachableError(`${host}:${port} does not answer: ${error.message}`, { cause: error }),
    );
  };
  socket.once('error', onError);
  socket.once('close', () => {
    onError(new Error('closed before it was open'));
  });
  socket.setTimeout(SUPERVISOR.connectMs, () => {
    socket.destroy(new Error(`no answer within ${SUPERVISOR.connectMs / 1000} s`));
  });
  socket.once('secureConnect', () => {
    socket.setTimeout(0);
    socket.off('error', onError);
    resolve(socket);
  });
  return promise;
}

/** Whether what the other side said was heard and is the reason, not that it fell silent or hung up. */
function isOfTls(error: Error): boolean {
  return 'code' in error && String(error.code).startsWith('ERR_SSL_');
}

/** A key of fixed length, whatever the token looks like. */
function keyOf(token: string): Buffer {
  return createHash('sha256').update(`multigrid workers\n${token.trim()}`).digest();
}
