/**
 * Starts the sides of a row of `workers.bench.ts`. In: how many ranks, and the share of a step that each of them does. Out: a side
 * whose ranks have done their first step.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { env, execPath, stderr } from 'node:process';
import { fileURLToPath } from 'node:url';
import { findMpich } from '../../../trainer-image/mpi/find-mpich.ts';
import { environmentOfRanks, startRanks } from '../../../trainer-image/mpi/start-ranks.ts';
import type { StepCase } from '../engine/cases.ts';
import type { ShapedHosts } from '../hosts/shaped-hosts.ts';
import { RanksSide } from './ranks-side.ts';

const RANK = fileURLToPath(new URL('rank.ts', import.meta.url));
const DDP = fileURLToPath(new URL('../pytorch_ddp.py', import.meta.url));

/** @param hosts - one for each rank; null: all ranks are on this one */
export function startOurs(ranks: number, share: StepCase, hosts: ShapedHosts | null): Promise<RanksSide> {
  return RanksSide.start(`${ranks} of ours`, ranks, (socketPath) => {
    const mpich = findMpich();
    const command = {
      ...{ file: execPath, args: [RANK, JSON.stringify(share), socketPath] },
      env: environmentOfRanks(env),
    };
    const hear = ({ text }: { readonly text: string }): void => {
      stderr.write(`${text}\n`);
    };
    const ended =
      hosts === null
        ? startRanks({ ...command, mpiexec: mpich.mpiexec, ranks }, hear).ended
        : hosts.run({ ...command, mpich }, hear);
    return {
      ended: ended.then(({ code }) => {
        requireGoodEnd(RANK, code);
      }),
    };
  });
}

export async function startDdp(ranks: number, share: StepCase, python: string): Promise<RanksSide> {
  const port = await freePort();
  return RanksSide.start(`${ranks} of DDP`, ranks, (socketPath) => ({
    ended: Promise.all(
      Array.from({ length: ranks }, async (_, rank) => {
        const meeting = { MASTER_ADDR: '127.0.0.1', MASTER_PORT: String(port), GLOO_SOCKET_IFNAME: 'lo' };
        const child = spawn(python, [DDP, JSON.stringify(share), socketPath], {
          stdio: ['ignore', 'inherit', 'inherit'],
          env: { ...env, ...meeting, RANK: String(rank), WORLD_SIZE: String(ranks) },
        });
        await once(child, 'close');
        requireGoodEnd(DDP, child.exitCode);
      }),
    ),
  }));
}

function requireGoodEnd(what: string, code: number | null): void {
  if (code !== 0) {
    throw new Error(`${what} ended with ${code ?? 'a signal'}`);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') {
    throw new Error('no port is free');
  }
  return address.port;
}
