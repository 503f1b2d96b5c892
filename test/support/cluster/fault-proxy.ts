/**
 * A bad line to a real API server: plain HTTP in, the real server behind, and whatever the test wants in between. In come
 * faults, out comes a kubeconfig for whoever is to suffer from them. Faults are looked up for every request, so they can
 * come and go while watches are open.
 */
import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { buffer } from 'node:stream/consumers';
import { request as send } from 'undici';
import { ClusterAccess } from '../../../kube/cluster-access.ts';

export interface SeenRequest {
  readonly method: string;
  /** Path without query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly isWatch: boolean;
}

export type Fault =
  /** Answers instead of the server. */
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: object;
    }
  /** Cuts the connection before the server hears of it. */
  | { readonly kind: 'cut' }
  /** The server does what was asked, and the answer is lost. */
  | { readonly kind: 'lose-answer' }
  /** Takes the request and never says anything. */
  | { readonly kind: 'hang' }
  /** Passes it on, late. */
  | { readonly kind: 'delay'; readonly ms: number };

export type FaultRule = (request: SeenRequest) => Fault | null;

export class FaultProxy {
  readonly kubeconfigPath: string;
  /** Null: a good line. */
  rule: FaultRule | null = null;
  /** Requests since the start, by what the rule would see. */
  readonly seen: SeenRequest[] = [];
  readonly #server: Server;
  readonly #access: ClusterAccess;
  readonly #watches = new Set<ServerResponse>();
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, kubeconfigPath: string, access: ClusterAccess) {
    this.#server = server;
    this.kubeconfigPath = kubeconfigPath;
    this.#access = access;
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    server.on('request', (request, response) => {
      this.#handle(request, response);
    });
  }

  /** @param kubeconfigPath - the administrator's, who the proxy is to the server */
  static async start(kubeconfigPath: string): Promise<FaultProxy> {
    const access = ClusterAccess.load(kubeconfigPath, () => performance.now());
    const server = createServer({ keepAliveTimeout: 60_000 });
    const listening = Promise.withResolvers<undefined>();
    server.listen(0, '127.0.0.1', () => {
      listening.resolve(undefined);
    });
    await listening.promise;
    const { port } = server.address() as AddressInfo;
    const path = join(dirname(kubeconfigPath), `proxy-${port}.kubeconfig`);
    writeFileSync(path, kubeconfigFor(port));
    return new FaultProxy(server, path, access);
  }

  /** Cuts every watch that is open. */
  cutWatches(): void {
    for (const response of this.#watches) {
      response.destroy();
    }
  }

  async stop(): Promise<void> {
    const closed = Promise.withResolvers<undefined>();
    this.#server.close(() => {
      closed.resolve(undefined);
    });
    for (const socket of this.#sockets) {
      socket.destroy();
    }
    await this.#access.close();
    await closed.promise;
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://proxy');
    const seen: SeenRequest = {
      method: request.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
      isWatch: url.searchParams.get('watch') === 'true',
    };
    this.seen.push(seen);
    const fault = this.rule?.(seen) ?? null;
    if (fault === null) {
      this.#pass(request, response, seen, false);
      return;
    }
    switch (fault.kind) {
      case 'answer':
        request.resume();
        response.writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers });
        response.end(JSON.stringify(fault.body ?? { message: `injected ${fault.status}` }));
        break;
      case 'cut':
        request.socket.destroy();
        break;
      case 'hang':
        request.resume();
        break;
      case 'lose-answer':
        this.#pass(request, response, seen, true);
        break;
      case 'delay':
        setTimeout(() => {
          this.#pass(request, response, seen, false);
        }, fault.ms);
        break;
    }
  }

  /** Every failure of the server is one of the line: the connection is cut. */
  #pass(request: IncomingMessage, response: ServerResponse, seen: SeenRequest, isLost: boolean): void {
    this.#forward(request, response, seen, isLost).catch(() => {
      request.socket.destroy();
    });
  }

  async #forward(
    request: IncomingMessage,
    response: ServerResponse,
    seen: SeenRequest,
    isLost: boolean,
  ): Promise<void> {
    const over = new AbortController();
    response.on('close', () => {
      this.#watches.delete(response);
      over.abort();
    });
    if (seen.isWatch) {
      this.#watches.add(response);
    }
    const body = await buffer(request);
    const { headers, dispatcher } = await this.#access.current();
    const answer = await send(this.#access.server + (request.url ?? ''), {
      method: methodOf(seen.method),
      dispatcher,
      headers: {
        ...headers,
        accept: 'application/json',
        'content-type': request.headers['content-type'] ?? 'application/json',
      },
      ...(body.length === 0 ? {} : { body }),
      signal: over.signal,
      bodyTimeout: 0,
      headersTimeout: 0,
    });
    if (isLost) {
      await answer.body.dump();
      request.socket.destroy();
      return;
    }
    const { date, 'content-type': contentType, 'retry-after': retryAfter } = answer.headers;
    const kept = { date, 'content-type': contentType, 'retry-after': retryAfter };
    const present = Object.entries(kept).filter(([, value]) => value !== undefined);
    response.writeHead(answer.statusCode, Object.fromEntries(present));
    response.flushHeaders();
    await pipeline(answer.body, response);
  }
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

function methodOf(name: string): (typeof METHODS)[number] {
  return METHODS.find((method) => method === name) ?? 'GET';
}

function kubeconfigFor(port: number): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: 'bad-line', cluster: { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true } },
    ],
    users: [{ name: 'nobody', user: {} }],
    contexts: [{ name: 'bad-line', context: { cluster: 'bad-line', user: 'nobody' } }],
    'current-context': 'bad-line',
  });
}
