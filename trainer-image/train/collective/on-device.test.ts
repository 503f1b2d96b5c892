/** Workers as real processes over real MPI, with a stand-in for NCCL and the driver that writes down what it is asked. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { type RanksRun, runRanks, whyNoRanks } from '../../../test/support/mpi/run-ranks.ts';
import { buildStandIn, whyNoStandIn } from '../../../test/support/nccl/stand-in.ts';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';

const folder = temporaryFolder();
const RANK = join(import.meta.dirname, '..', '..', '..', 'test', 'support', 'nccl', 'gpu-rank.ts');
const isPossible = whyNoRanks() === null && whyNoStandIn() === null;
const describeIfPossible = isPossible ? describe : describe.skip;
const nccl = isPossible ? buildStandIn(folder) : '';

interface GpuRun extends RanksRun {
  /** By rank, as C saw them. */
  readonly calls: readonly (readonly string[])[];
}

async function runOnGpus(
  workers: number,
  { gpus = workers, ...env }: { readonly gpus?: number; readonly [variable: string]: string | number } = {},
): Promise<GpuRun> {
  const own = mkdtempSync(join(folder, 'run-'));
  const variables = { STAND_IN_FOLDER: own, LD_LIBRARY_PATH: folder, MULTIGRID_NCCL: nccl };
  const texts = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, String(value)]));
  const run = await runRanks(workers, ['5,100003', String(gpus)], { ...variables, ...texts }, RANK);
  const calls = run.said.map((_, rank) => callsIn(join(own, `calls-${rank}`)));
  return { ...run, calls };
}

function callsIn(file: string): readonly string[] {
  try {
    return readFileSync(file, 'utf8').trim().split('\n');
  } catch {
    return [];
  }
}

/** What every worker says of blocks of both lengths. */
function sumsOf(workers: number): readonly object[] {
  const sums = [(workers * (workers + 1)) / 2];
  return [5, 100_003].flatMap((length) => [
    { length, sums },
    { length, broadcast: [5] },
  ]);
}

function saidOf(workers: number, how: object): readonly object[] {
  const few = [(workers * (workers - 1)) / 2, 0.5 * workers];
  return [how, ...sumsOf(workers), { few }, { closed: true }];
}

const idOf = (calls: readonly string[]): string | undefined =>
  calls.map((call) => /^ncclCommInit.* id=(\w+)/.exec(call)?.[1]).find((id) => id !== undefined);

describeIfPossible('workers with a GPU each', () => {
  test.each([2, 3])('add up by NCCL where gradients lie (%i workers)', async (workers) => {
    const { code, rest, said, calls } = await runOnGpus(workers);
    const how = { said: 'gradients are added up by NCCL', version: '2.31.2', library: nccl };
    expect([code, rest]).toEqual([0, []]);
    expect(said).toEqual(said.map(() => saidOf(workers, how)));
    const id = idOf(calls[0]!);
    expect(calls).toEqual(
      calls.map((_, rank) => {
        const context = 1100 + rank;
        const collectives = [5, 100_003].flatMap((count) => [
          `ncclAllReduce inPlace=1 count=${count} type=7 operation=0 stream=0x5757`,
          `ncclBroadcast inPlace=1 count=${count} type=7 root=0 stream=0x5757`,
        ]);
        return [
          `cuDevicePrimaryCtxRetain device=${100 + rank}`,
          `cuStreamCreate flags=1 context=${context}`,
          ...(rank === 0 ? [`ncclGetUniqueId id=${id}`] : []),
          `ncclCommInitRankConfig size=${workers} id=${id} rank=${rank} context=${context}`,
          'config size=48 magic=cafebeef version=21800 blocking=0 unset=-2147483648,-2147483648,-2147483648,-2147483648 netName=(nil)',
          'variables NCCL_ALGO=Ring NCCL_PROTO=Simple',
          ...collectives,
          'ncclCommFinalize',
          'ncclCommDestroy',
          'cuStreamDestroy stream=0x5757',
          `cuDevicePrimaryCtxRelease device=${100 + rank}`,
        ];
      }),
    );
  });

  test('leave algorithm and protocol to whoever has set them', async () => {
    const { code, calls } = await runOnGpus(2, { NCCL_ALGO: 'Tree' });
    expect(code).toBe(0);
    expect(calls[1]).toContain('variables NCCL_ALGO=Tree NCCL_PROTO=Simple');
  });
});

describeIfPossible('workers whose GPUs cannot reach each other', () => {
  const warned = 'gradients are added up in main memory, not between the GPUs: slower';

  test('because two share one, add up through main memory, and say so', async () => {
    const { code, said, calls } = await runOnGpus(2, { gpus: 1 });
    const how = { warned, why: expect.stringMatching(/^workers 0 and 1 share a GPU/) };
    expect([code, said]).toEqual([0, said.map(() => saidOf(2, how))]);
    expect(calls.flat().filter((call) => call.startsWith('nccl'))).toEqual([]);
  });

  test('because there is no NCCL, add up through main memory, and say how to get it', async () => {
    const { code, said } = await runOnGpus(2, { MULTIGRID_NCCL: '/nowhere/libnccl.so.2' });
    const how = {
      warned,
      why: expect.stringMatching(/^worker 0 has no NCCL: run `npm run install:nccl`/),
      reason: expect.stringContaining('/nowhere/libnccl.so.2'),
    };
    expect([code, said]).toEqual([0, said.map(() => saidOf(2, how))]);
  });
});

describeIfPossible('workers on processors', () => {
  test('ask nothing of NCCL', async () => {
    const { code, said, calls } = await runOnGpus(2, { gpus: 0 });
    expect([code, said]).toEqual([0, said.map(() => saidOf(2, {}).slice(1))]);
    expect(calls).toEqual([[], []]);
  });
});

describeIfPossible('GPUs that fail', () => {
  async function fails(fault: string): Promise<{ readonly errors: string; readonly calls: GpuRun['calls'] }> {
    const { code, said, calls } = await runOnGpus(2, { STAND_IN_FAULT: fault });
    expect(code).not.toBe(0);
    expect(said.flat()).not.toContainEqual({ closed: true });
    expect(calls.flat().filter((call) => call.startsWith('VIOLATION'))).toEqual([]);
    return { errors: JSON.stringify(said.flat()), calls };
  }

  test('to meet are an error with what NCCL says and what helps', async () => {
    const { errors } = await fails('init:1');
    expect(errors).toMatch(
      /NcclCallError.*ncclCommInitRankConfig failed: invalid usage \(Duplicate GPU detected\)\. Likely: two ranks on one GPU/,
    );
  });

  test('in the middle of a sum are aborted, and end the others', async () => {
    const { errors, calls } = await fails('sum:1');
    expect(errors).toMatch(
      /ncclAllReduce of 5 numbers failed: remote process exited \(socket closed by peer\)\. Likely: another rank failed/,
    );
    expect(calls[1]!.filter((call) => call.startsWith('nccl')).slice(-2)).toEqual([
      expect.stringMatching(/^ncclAllReduce/),
      'ncclCommAbort',
    ]);
  });

  test('on the stream are aborted, with the code of the driver', async () => {
    const { errors, calls } = await fails('stream:0');
    expect(errors).toMatch(/EngineError.*cuStreamQuery of the NVIDIA driver returned 700/);
    expect(calls[0]).toContain('ncclCommAbort');
  });
});
