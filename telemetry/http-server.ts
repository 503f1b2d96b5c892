/**
 * The small HTTP servers of operator and trainer: metrics for Prometheus, health for the kubelet. In come paths with what to
 * answer there, out comes a running server; nothing else is served and nothing is read from a request but its path.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import { messageOf } from '../multigrid/errors/message-of.ts';

/** Null: all is well; else what is wrong, for the log of whoever asks. */
export type Check = () => string | null;

export interface RunningServer {
  /** The port it listens on; of use where 0 was asked for. */
  readonly port: number;
  /** Stops listening and cuts what is open. */
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

type Route = () => Answer | Promise<Answer>;

const TEXT = 'text/plain; charset=utf-8';
/** A scraper that sends its request slower than this is none. */
const REQUEST_TIMEOUT_MS = 10_000;

/** The registry's series, in the form that Prometheus reads. */
export function metricsOf(registry: Registry): Route {
  return async () => ({ status: 200, contentType: registry.contentType, body: await registry.metrics() });
}

/** 200 `ok`, or 503 with what is wrong, a line each. */
export function healthOf(checks: readonly Check[]): Route {
  return () => {
    const problems = checks.map((check) => check()).filter((problem) => problem !== null);
    return problems.length === 0
      ? { status: 200, contentType: TEXT, body: 'ok\n' }
      : { status: 503, contentType: TEXT, body: `${problems.join('\n')}\n` };
  };
}

/**
 * Serves each route at its path.
 *
 * @param port - 0: any free one.
 * @throws the system's error (`EADDRINUSE`) when it cannot listen.
 */
export async function serve(port: number, routes: Readonly<Record<string, Route>>): Promise<RunningServer> {
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
    answer(routes, request).then(
      (found) => {
        send(response, request, found);
      },
      (error: unknown) => {
        const body = `${messageOf(error)}\n`;
        send(response, request, { status: 500, contentType: TEXT, body });
      },
    );
  });
  const listening = Promise.withResolvers<undefined>();
  server.once('error', listening.reject);
  server.listen(port, () => {
    listening.resolve(undefined);
  });
  await listening.promise;
  // Work goes on when a scraper does something odd to its connection, and an open scrape keeps no program alive that is done.
  server.on('error', () => undefined).unref();
  return {
    port: portOf(server.address()),
    close: async () => {
      const closed = Promise.withResolvers<undefined>();
      server.close(() => {
        closed.resolve(undefined);
      });
      server.closeAllConnections();
      await closed.promise;
    },
  };
}

async function answer(routes: Readonly<Record<string, Route>>, request: IncomingMessage): Promise<Answer> {
  const path = (request.url ?? '/').split('?')[0] ?? '/';
  const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
  if (route === undefined) {
    return { status: 404, contentType: TEXT, body: `not here; try ${Object.keys(routes).join(' or ')}\n` };
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return { status: 405, contentType: TEXT, body: 'GET only\n' };
  }
  return route();
}

function send(
  response: ServerResponse,
  request: IncomingMessage,
  { status, contentType, body }: Answer,
): void {
  response.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(body) });
  response.end(request.method === 'HEAD' ? undefined : body);
}

function portOf(address: string | AddressInfo | null): number {
  return typeof address === 'object' && address !== null ? address.port : 0;
}
