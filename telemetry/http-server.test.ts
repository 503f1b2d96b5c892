/** Servers of metrics and health, asked over real sockets. */
import { expect, test } from '@jest/globals';
import { Counter, Registry } from 'prom-client';
import { healthOf, metricsOf, type RunningServer, serve } from './http-server.ts';

const ANY_PORT = 0;

const serveMetrics = (registry: Registry, port = ANY_PORT): Promise<RunningServer> =>
  serve(port, { '/metrics': metricsOf(registry) });

async function get(server: RunningServer, path: string, method = 'GET'): Promise<[number, string]> {
  const response = await fetch(`http://127.0.0.1:${server.port}${path}`, { method });
  return [response.status, await response.text()];
}

test('metrics come in the form that Prometheus reads, and nothing else is served', async () => {
  const registry = new Registry();
  new Counter({ name: 'looks_total', help: 'Looks.', registers: [registry] }).inc();
  const server = await serveMetrics(registry);
  try {
    const response = await fetch(`http://127.0.0.1:${server.port}/metrics?a=b`);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(await response.text()).toContain('looks_total 1');
    expect((await get(server, '/toString'))[0]).toBe(404);
    expect(await get(server, '/')).toEqual([404, 'not here; try /metrics\n']);
    expect((await get(server, '/metrics', 'POST'))[0]).toBe(405);
    expect(await get(server, '/metrics', 'HEAD')).toEqual([200, '']);
  } finally {
    await server.close();
  }
  await expect(get(server, '/metrics')).rejects.toThrow();
});

test('a failing collector is an error of one scrape, with its reason', async () => {
  const registry = new Registry();
  new Counter({
    name: 'broken_total',
    help: 'Broken.',
    registers: [registry],
    collect: () => {
      throw new Error('the cache is gone');
    },
  });
  const server = await serveMetrics(registry);
  try {
    expect(await get(server, '/metrics')).toEqual([500, 'the cache is gone\n']);
  } finally {
    await server.close();
  }
});

test('health says what is wrong, a line for each check that fails', async () => {
  let live: string | null = null;
  let ready: string | null = 'the list of jobs has not come yet';
  const server = await serve(ANY_PORT, {
    '/healthz': healthOf([() => live]),
    '/readyz': healthOf([() => live, () => ready]),
  });
  try {
    expect(await get(server, '/healthz')).toEqual([200, 'ok\n']);
    expect(await get(server, '/readyz')).toEqual([503, 'the list of jobs has not come yet\n']);
    ready = null;
    expect(await get(server, '/readyz')).toEqual([200, 'ok\n']);
    live = 'the reconcile of video/first hangs';
    expect(await get(server, '/healthz')).toEqual([503, 'the reconcile of video/first hangs\n']);
    expect(await get(server, '/readyz')).toEqual([503, 'the reconcile of video/first hangs\n']);
  } finally {
    await server.close();
  }
});

test('a port that is taken is said at once', async () => {
  const first = await serveMetrics(new Registry());
  try {
    await expect(serveMetrics(new Registry(), first.port)).rejects.toThrow('EADDRINUSE');
  } finally {
    await first.close();
  }
});
