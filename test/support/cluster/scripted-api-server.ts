/**
 * A real HTTP server in the place of an API server, which answers as a test says: for faults that no real one shows when
 * asked. In comes what to do with a request, out come a cluster as the command line reaches it and a list of what was asked.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KubeConfig } from '@kubernetes/client-node';
import { ApiClient } from '../../../kube/api-client.ts';
import { ClusterAccess } from '../../../kube/cluster-access.ts';
import { sleep } from '../../../timing/timers.ts';

export interface ScriptedApiServer extends AsyncDisposable {
  readonly server: string;
  readonly namespace: string;
  readonly client: ApiClient;
  /** Path and query of every request. */
  readonly asked: readonly string[];
}

export async function scriptedApiServer(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  { timeoutMs = 5000 }: { readonly timeoutMs?: number } = {},
): Promise<ScriptedApiServer> {
  const asked: string[] = [];
  // Like an API server it does not say for how long it keeps an idle connection.
  const http = createServer({ keepAliveTimeout: 0 }, (request, response) => {
    asked.push(request.url ?? '');
    answer(request, response);
  });
  await new Promise<void>((resolve) => {
    http.listen(0, '127.0.0.1', resolve);
  });
  const { port } = http.address() as AddressInfo;
  const server = `http://127.0.0.1:${port}`;
  const config = new KubeConfig();
  config.loadFromClusterAndUser({ name: 'scripted', server, skipTLSVerify: true }, { name: 'anybody' });
  const access = ClusterAccess.of(config, () => performance.now());
  const client = new ApiClient({
    access,
    now: Date.now,
    sleep,
    random: () => 0,
    userAgent: 'test',
    timeoutMs,
    tries: 1,
  });
  return {
    server,
    namespace: 'default',
    client,
    asked,
    [Symbol.asyncDispose]: async () => {
      await client.close();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}
