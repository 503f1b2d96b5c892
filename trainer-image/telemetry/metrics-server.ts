/**
 * The trainer's small HTTP server: `/metrics` for Prometheus, `/healthz` for whoever wants to know that the process
 * still turns. In comes a registry, out come answers; of a request only its path is read.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import { messageOf } from '../../multigrid/errors/message-of.ts';

export interface MetricsServer {
  /** The port it listens on; of use where 0 was asked for. */
  readonly port: number;
  /** Stops listening and cuts what is open. */
  close(): Promise<void>;
}

const TEXT = 'text/plain; charset=utf-8';
/** A scraper that sends its request slower than this is none. */
const REQUEST_TIMEOUT_MS = 10_000;

/**
 * @param port 0: any free one
 * @throws the system's error (`EADDRINUSE`) when it cannot listen.
 */
export async function serveMetrics(registry: Registry, port: number): Promise<MetricsServer> {
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
    const path = (request.url ?? '').split('?', 1)[0];
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      send(response, 405, 'GET only\n');
    } else if (path === '/healthz') {
      send(response, 200, 'ok\n');
    } else if (path === '/metrics') {
      sendMetrics(response, registry);
    } else {
      send(response, 404, 'not here; try /metrics or /healthz\n');
    }
  });
  const listening = Promise.withResolvers<undefined>();
  server.once('error', listening.reject);
  server.listen(port, () => {
    listening.resolve(undefined);
  });
  await listening.promise;
  // Training goes on when a scraper does something odd to its connection.
  server.on('error', () => undefined);
  // An open scrape must not keep a trainer that is done alive.
  server.unref();
  return {
    port: portOf(server.address()),
    close: () => {
      const closed = Promise.withResolvers<undefined>();
      server.close(() => {
        closed.resolve(undefined);
      });
      server.closeAllConnections();
      return closed.promise.then(() => undefined);
    },
  };
}

function sendMetrics(response: ServerResponse, registry: Registry): void {
  registry.metrics().then(
    (text) => {
      send(response, 200, text, registry.contentType);
    },
    (error: unknown) => {
      send(response, 500, `${messageOf(error)}\n`);
    },
  );
}

function send(response: ServerResponse, status: number, body: string, contentType = TEXT): void {
  response.writeHead(status, { 'content-type': contentType });
  // Node leaves the body out of the answer to a HEAD request.
  response.end(body);
}

function portOf(address: string | AddressInfo | null): number {
  return typeof address === 'object' && address !== null ? address.port : 0;
}
