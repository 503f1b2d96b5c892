import { describe, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import type { Workers } from '../platform.ts';
import { TrainerProcess } from './trainer-process.ts';

interface Scene {
  readonly trainer: TrainerProcess;
  readonly changes: () => number;
  /** Waits until the child has written a line, and answers with what it wrote. */
  readonly hasWritten: () => Promise<string>;
}

async function withChild(
  habit: string,
  work: (scene: Scene) => Promise<void>,
  change: { readonly module?: string; readonly graceMs?: number } = {},
): Promise<void> {
  const folder = temporaryFolder();
  const logPath = join(folder, 'trainer.log');
  let changes = 0;
  const command = {
    module: change.module ?? join(import.meta.dirname, '../../../test/support/run/process-zoo.ts'),
    workers: 1,
    env: { HABIT: habit },
    cwd: folder,
    logPath,
    graceMs: change.graceMs ?? 60_000,
  };
  const trainer = TrainerProcess.start(command, Date.now, () => {
    changes += 1;
  });
  const hasWritten = async (): Promise<string> => {
    for (;;) {
      const text = await readFile(logPath, 'utf8');
      if (text.includes('\n')) {
        return text.trim();
      }
      await sleep(10);
    }
  };
  try {
    await work({ trainer, changes: () => changes, hasWritten });
  } finally {
    trainer.stop('kill');
    await trainer.ended;
  }
}

describe('the trainer as a child process', () => {
  test('runs under a name of its own and ends with its exit code, told once', async () => {
    await withChild('orderly', async ({ trainer, changes, hasWritten }) => {
      await hasWritten();
      const { workers } = trainer;
      expect(workers).toMatchObject({ state: 'running', ready: 1, isStopping: false });
      trainer.stop('checkpoint');
      expect(trainer.workers).toMatchObject({ state: 'running', isStopping: true });
      await trainer.ended;
      expect(trainer.workers).toMatchObject({ state: 'ended', exitCode: 143, log: 'ready' });
      expect(idOf(trainer.workers)).toBe(idOf(workers));
      expect(changes()).toBe(1);
    });
  });

  test('is killed when it has not saved and ended in its time', async () => {
    await withChild(
      'stubborn',
      async ({ trainer, hasWritten }) => {
        await hasWritten();
        trainer.stop('checkpoint');
        await trainer.ended;
        expect(trainer.workers).toMatchObject({ state: 'ended', exitCode: 137, log: 'ready\nnot now' });
      },
      // Time enough to say so, on a busy machine too.
      { graceMs: 3000 },
    );
  });

  test('leaves its last words when it crashes', async () => {
    await withChild('crash', async ({ trainer }) => {
      await trainer.ended;
      expect(trainer.workers).toMatchObject({ state: 'ended', exitCode: 1 });
      expect(trainer.workers.state === 'ended' ? trainer.workers.log : '').toContain('Error: out of luck');
    });
  });

  test('takes the processes it started with it', async () => {
    await withChild('parent', async ({ trainer, hasWritten }) => {
      const pid = Number(await hasWritten());
      await trainer.ended;
      await untilGone(pid);
    });
  });

  test('that cannot be started has ended with the reason', async () => {
    await withChild(
      '',
      async ({ trainer }) => {
        await trainer.ended;
        expect(trainer.workers).toMatchObject({ state: 'ended', exitCode: 1 });
        expect(trainer.workers.state === 'ended' ? trainer.workers.log : '').toContain('no-such-module');
      },
      { module: '/no-such-module.ts' },
    );
  });
});

function idOf(workers: Workers): string | null {
  return workers.state === 'absent' ? null : workers.id;
}

/** Ends when the process is gone or waits only to be collected by the system. */
async function untilGone(pid: number): Promise<void> {
  for (;;) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
    if (stat === null || stat.includes(') Z ')) {
      return;
    }
    await sleep(10);
  }
}
