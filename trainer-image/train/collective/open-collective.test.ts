import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { whyNoRanks } from '../../../test/support/mpi/run-ranks.ts';
import { findMpich } from '../../mpi/find-mpich.ts';
import { environmentOfRanks, startRanks } from '../../mpi/start-ranks.ts';
import { MpiMissingError } from '../../mpi/mpi-errors.ts';
import { openCollective } from './open-collective.ts';
import { SOLO } from './solo.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'main.ts');
const describeIfPossible = whyNoRanks() === null ? describe : describe.skip;

describe('the collective of a trainer', () => {
  test('is alone where nobody else was started', async () => {
    expect(await openCollective({})).toBe(SOLO);
    expect(await openCollective({ PMI_SIZE: '1' })).toBe(SOLO);
  });

  test('says how to get MPI where it is needed and not there', async () => {
    const opening = openCollective({ PMI_SIZE: '2', MULTIGRID_MPICH: '/nowhere' });
    await expect(opening).rejects.toThrow(MpiMissingError);
    await expect(opening).rejects.toThrow(
      /\/nowhere\/lib\/libmpi_abi\.so\.1 is missing: run `npm run install:mpi`/,
    );
  });

  test('is none by a launcher that says nonsense', async () => {
    await expect(openCollective({ PMI_SIZE: 'two' })).rejects.toThrow(/PMI_SIZE is "two"/);
  });
});

describeIfPossible('trainers that were started as ranks', () => {
  test('end together, with the exit code and the reason of the first that fails', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ranks-'));
    const env = {
      MULTIGRID_OUTPUT: folder,
      MULTIGRID_DATA_ROOT: folder,
      MULTIGRID_JOB_FILE: join(folder, 'job.yaml'),
    };
    const said: string[] = [];
    try {
      const { code, ranks } = await startRanks(
        {
          ...{ mpiexec: findMpich().mpiexec, file: process.execPath, args: [MAIN], ranks: 2 },
          env: { ...environmentOfRanks(process.env), ...env },
        },
        ({ text }) => {
          said.push(text);
        },
      ).ended;
      expect(code).toBe(70);
      expect(ranks).not.toContainEqual({ kind: 'exited', code: 70 });
      expect(said.join('\n')).toMatch(/JobFileError: .*job\.yaml: the job file does not exist/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
