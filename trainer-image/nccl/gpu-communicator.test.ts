/** One rank of one, over the stand-in: what it does when a call hangs, and after its end. */
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { openStandIn, type StandIn, whyNoStandIn } from '../../test/support/nccl/stand-in.ts';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { addressOf } from '../native/c-library.ts';
import { RanksLeftError, RanksSilentError } from '../mpi/mpi-errors.ts';
import { GpuCommunicator } from './gpu-communicator.ts';

const folder = temporaryFolder();
const describeIfPossible = whyNoStandIn() === null ? describe : describe.skip;
const LIMIT_MS = 200;
const done = (): Promise<void> => Promise.resolve();

function open({ nccl, stream }: StandIn): Promise<GpuCommunicator> {
  const ranks = { rank: 0, size: 1, broadcastFloats: done, barrier: done };
  return GpuCommunicator.open({ nccl, stream, ranks, startLimitMs: 10_000, limitMs: LIMIT_MS });
}

const inNccl = (calls: readonly string[]): readonly string[] =>
  calls.filter((call) => call.startsWith('nccl')).map((call) => call.split(' ')[0]!);

describeIfPossible('GPUs that add up', () => {
  test('are asked until they are done, and left in order', async () => {
    const standIn = openStandIn(mkdtempSync(join(folder, 'rank-')));
    const gpus = await open(standIn);
    const numbers = Float32Array.of(1, 2.5, -3);
    await gpus.sumFloats({ address: addressOf(numbers), length: numbers.length });
    expect([...numbers]).toEqual([1, 2.5, -3]);
    await gpus.close();
    await gpus.close();
    expect(inNccl(standIn.calls())).toEqual([
      ...[
        'ncclGetUniqueId',
        'ncclCommInitRankConfig',
        'ncclAllReduce',
        'ncclCommFinalize',
        'ncclCommDestroy',
      ],
    ]);
    expect(standIn.calls().join('\n')).not.toContain('VIOLATION');
  });

  test('that hang are given up after the limit: aborted, and never called again', async () => {
    const standIn = openStandIn(mkdtempSync(join(folder, 'rank-')), 'hang:0');
    const gpus = await open(standIn);
    const numbers = new Float32Array(4);
    const block = { address: addressOf(numbers), length: numbers.length };
    const sum = gpus.sumFloats(block);
    await expect(sum).rejects.toThrow(RanksSilentError);
    await expect(sum).rejects.toThrow(
      /^rank 0 waited 0\.2 s for the other ranks \(ncclAllReduce of 4 numbers\)/,
    );
    await expect(gpus.broadcastFloats(block)).rejects.toThrow(RanksLeftError);
    await gpus.close();
    expect(inNccl(standIn.calls()).slice(-2)).toEqual(['ncclAllReduce', 'ncclCommAbort']);
  });
});
