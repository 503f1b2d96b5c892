/** Ports of an address on which nothing listens. The address is one cluster's own, so nobody else takes them meanwhile. */
import { once } from 'node:events';
import { createServer } from 'node:net';

/** @returns as many different ports as asked for */
export async function freePorts(address: string, count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports: number[] = [];
  for (const server of servers) {
    server.listen(0, address);
    await once(server, 'listening');
    const bound = server.address();
    if (bound === null || typeof bound === 'string') {
      throw new Error(`no port of ${address} could be had`);
    }
    ports.push(bound.port);
  }
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
