/**
 * Hydra's connection between a proxy and its launcher, carried inside the one between their supervisors: hydra's own is neither
 * encrypted nor protected by anything, so each side of it ends on its own host. In: the bytes of one side. Out: those of the other.
 */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { LOOPBACK } from './proxy-command.ts';

/** What a relay hands on to the other supervisor. */
export interface RelayListener {
  /** @returns whether more may follow at once; if not, `resume` says when. */
  readonly onBytes: (bytes: Buffer, resume: () => void) => boolean;
  readonly onClosed: () => void;
}

export class Relay {
  readonly #socket: Socket;

  constructor(socket: Socket, { onBytes, onClosed }: RelayListener) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (bytes: Buffer) => {
      const mayGoOn = onBytes(bytes, () => {
        socket.resume();
      });
      if (!mayGoOn) {
        socket.pause();
      }
    });
    // A side that ended in the middle is for hydra to judge.
    socket.on('error', () => undefined);
    socket.once('close', onClosed);
  }

  /** Leader: to the launcher. */
  static to(port: number, listener: RelayListener): Relay {
    return new Relay(connect({ host: LOOPBACK, port }), listener);
  }

  write(bytes: Buffer): void {
    this.#socket.write(bytes);
  }

  /** When what is still to be written has gone. */
  end(): void {
    this.#socket.end();
    this.#socket.destroySoon();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

/** Follower: waits for its proxy, and for nobody else after it. */
export class RelayDoor {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async open(onSocket: (socket: Socket) => void): Promise<RelayDoor> {
    const server = createServer((socket) => {
      server.close();
      onSocket(socket);
    });
    const { promise, resolve, reject } = Promise.withResolvers<null>();
    server.once('error', reject);
    server.listen({ host: LOOPBACK, port: 0 }, () => {
      resolve(null);
    });
    await promise;
    return new RelayDoor(server);
  }

  get port(): number {
    const address: AddressInfo | string | null = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  close(): void {
    this.#server.close();
  }
}
