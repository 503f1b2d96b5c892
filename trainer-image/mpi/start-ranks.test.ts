/** Hydra itself, over ranks that are small programs. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { whyNoRanks } from '../../test/support/mpi/run-ranks.ts';
import { findMpich } from './find-mpich.ts';
import { environmentOfRanks, type RankLine, type RunningRanks, startRanks } from './start-ranks.ts';

const describeIfPossible = whyNoRanks() === null ? describe : describe.skip;

const STAY = 'setInterval(() => {}, 1000);';

describe('the environment of ranks', () => {
  test('has what programs and trainers need, and no secrets', () => {
    const env = {
      PATH: '/bin',
      LC_ALL: 'C',
      MULTIGRID_OUTPUT: '/out',
      AWS_SECRET_ACCESS_KEY: 'x',
      LD_PRELOAD: 'y',
    };
    expect(environmentOfRanks(env)).toEqual({ PATH: '/bin', LC_ALL: 'C', MULTIGRID_OUTPUT: '/out' });
  });
});

describeIfPossible('ranks on this machine', () => {
  let running: RunningRanks | undefined;
  const lines: RankLine[] = [];

  function start(
    program: string,
    env: Readonly<Record<string, string>> = {},
    onLine: () => void = () => undefined,
  ): RunningRanks {
    lines.length = 0;
    const command = { file: process.execPath, args: ['-e', program], ranks: 2, env };
    running = startRanks({ mpiexec: findMpich().mpiexec, ...command }, (line) => {
      lines.push(line);
      onLine();
    });
    return running;
  }

  afterEach(async () => {
    running?.kill('SIGKILL');
    await running?.ended;
  });

  test('see the environment that they were given, and their lines come with their ranks', async () => {
    const { ended } = start(
      'console.log(process.env.GIVEN, process.env.HOME); console.error("rank", process.env.PMI_RANK)',
      { GIVEN: 'here' },
    );
    expect(await ended).toEqual({ code: 0, ranks: [0, 1].map(() => ({ kind: 'exited', code: 0 })) });
    const of = (rank: number): readonly object[] => [
      { rank, stream: 'stdout', text: 'here undefined' },
      { rank, stream: 'stderr', text: `rank ${rank}` },
    ];
    expect(lines).toHaveLength(4);
    expect(lines).toEqual(expect.arrayContaining([...of(0), ...of(1)]));
  });

  test('end each with its own exit code', async () => {
    const { ended } = start('process.exit(4 + 3 * process.env.PMI_RANK)');
    expect((await ended).ranks).toEqual([
      { kind: 'exited', code: 4 },
      { kind: 'exited', code: 7 },
    ]);
  });

  test('all get a signal that is sent to them', async () => {
    const { promise: started, resolve } = Promise.withResolvers<null>();
    const ranks = start(
      `process.on('SIGTERM', () => process.exit(43)); ${STAY} console.log('up');`,
      {},
      () => {
        if (lines.filter(({ text }) => text === 'up').length === 2) {
          resolve(null);
        }
      },
    );
    await started;
    ranks.kill('SIGTERM');
    expect((await ranks.ended).ranks).toEqual([0, 1].map(() => ({ kind: 'exited', code: 43 })));
  });

  test('say why there are none when the launcher cannot be started', async () => {
    const command = { file: 'true', args: [], ranks: 2, env: {} };
    const { ended } = startRanks({ mpiexec: '/nowhere/mpiexec', ...command }, () => undefined);
    await expect(ended).rejects.toThrow(/ENOENT/);
  });
});
