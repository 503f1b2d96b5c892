import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { sampleRun } from '../../test/support/sample-run.ts';
import type { FileWork } from '../../storage/patience.ts';
import type { RunEvent, StepEvent } from './events.ts';
import { MetricsLog, MetricsWriteError, truncateAfter } from './metrics-log.ts';
import { MetricsLogError, readMetrics } from './metrics-reader.ts';

let folder = '';
let path = '';

beforeEach(() => {
  folder = temporaryFolder();
  path = join(folder, 'metrics.jsonl');
});

const { events } = sampleRun();

async function log(list: readonly RunEvent[]): Promise<void> {
  const metrics = await MetricsLog.open(path);
  for (const event of list) {
    metrics.append(event);
  }
  await metrics.close();
}

function step(iteration: number): StepEvent {
  return { ...events.find((event) => event.kind === 'step')!, iteration, seconds: iteration };
}

describe('MetricsLog', () => {
  test('gives back every event in the order it was appended', async () => {
    await log(events);
    expect(await readMetrics(path)).toEqual(events);
  });

  test('has everything on disk when flush returns, and goes on after it', async () => {
    const metrics = await MetricsLog.open(path);
    metrics.append(step(0));
    await metrics.flush();
    expect((await readFile(path, 'utf8')).endsWith('}\n')).toBe(true);
    metrics.append(step(1));
    await metrics.close();
    expect(await readMetrics(path)).toHaveLength(2);
  });

  test('appends to the log of a run that is resumed', async () => {
    await log([step(0)]);
    await log([step(1)]);
    expect((await readMetrics(path)).map((event) => event.iteration)).toEqual([0, 1]);
  });

  test('keeps a loss that is not a number readable', async () => {
    await log([{ ...step(0), loss: Number.NaN }]);
    expect(await readMetrics(path)).toEqual([{ ...step(0), loss: Number.NaN }]);
  });

  // A file whose every write of text fails, without special rights: the kernel wants a number there.
  const refusing = '/proc/self/oom_score_adj';
  const onLinux = existsSync(refusing) ? test : test.skip;
  onLinux('reports a write that failed at the next flush and at every append after it', async () => {
    const metrics = await MetricsLog.open(refusing);
    metrics.append(step(0));
    await expect(metrics.flush()).rejects.toThrow(MetricsWriteError);
    expect(() => {
      metrics.append(step(1));
    }).toThrow(/Free space/);
    await expect(metrics.close()).rejects.toThrow(MetricsWriteError);
  });
});

describe('MetricsLog on a disk in trouble', () => {
  test('has every event once and in order, wherever the writing was broken off', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('append', 'flush', 'fail'), { maxLength: 40 }),
        async (script) => {
          await rm(path, { force: true });
          let failures = 0;
          // As a disk in trouble does: the work is done in part or wholly, and the answer is an error.
          const patience: FileWork = {
            with: async (_work, action) => {
              for (; failures > 0; failures -= 1) {
                await action();
              }
              return action();
            },
          };
          const metrics = await MetricsLog.open(path, { patience });
          let appended = 0;
          for (const what of script) {
            if (what === 'append') {
              metrics.append(step(appended));
              appended += 1;
            } else if (what === 'flush') {
              await metrics.flush();
            } else {
              failures += 1;
            }
          }
          await metrics.close();
          expect((await readMetrics(path)).map(({ iteration }) => iteration)).toEqual(
            Array.from({ length: appended }, (_, iteration) => iteration),
          );
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('truncateAfter', () => {
  test('keeps exactly what had happened by the checkpoint, whatever the log and the iteration', async () => {
    const kind = fc.constantFrom('step', 'checkpoint', 'badClip', 'phase');
    const line = fc.record({ kind, iteration: fc.nat(20) });
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 30 }), fc.nat(20), async (lines, done) => {
        await rm(path, { force: true });
        const list = lines.map(({ kind, iteration }) => eventOf(kind, iteration));
        await log(list);
        const counts = await truncateAfter(path, done);
        const kept = list.filter((event) =>
          event.kind === 'checkpoint' ? event.iteration <= done : event.iteration < done,
        );
        expect(await readMetrics(path)).toEqual(kept);
        expect(counts).toEqual({ kept: kept.length, dropped: list.length - kept.length });
      }),
      { numRuns: 40 },
    );
  });

  test('drops a last line that was torn by a kill', async () => {
    await log([step(0), step(1)]);
    const whole = await readFile(path, 'utf8');
    await writeFile(path, whole.slice(0, -20));
    expect(await truncateAfter(path, 5)).toEqual({ kept: 1, dropped: 0 });
    expect(await readFile(path, 'utf8')).toBe(`${JSON.stringify(step(0))}\n`);
  });

  test('ends a last line that only lacks its line feed, so that the next one starts afresh', async () => {
    await writeFile(path, JSON.stringify(step(0)));
    await truncateAfter(path, 5);
    await log([step(1)]);
    expect(await readMetrics(path)).toHaveLength(2);
  });

  test('takes a log that is not there for an empty one', async () => {
    expect(await truncateAfter(path, 5)).toEqual({ kept: 0, dropped: 0 });
  });

  test('refuses to guess when a line in the middle is damaged, and leaves the file as it is', async () => {
    const text = `${JSON.stringify(step(0))}\n{"kind":"step"}\n${JSON.stringify(step(2))}\n`;
    await writeFile(path, text);
    await expect(truncateAfter(path, 5)).rejects.toThrow(MetricsLogError);
    await expect(truncateAfter(path, 5)).rejects.toThrow(/line 2 .*`seconds` as a number/);
    expect(await readFile(path, 'utf8')).toBe(text);
  });
});

describe('readMetrics', () => {
  test('lets a repeated evaluation take the place of the one before the resume', async () => {
    const evaluation = events.find((event) => event.kind === 'evaluation')!;
    await log([evaluation, step(0), { ...evaluation, top1: 0.5 }]);
    expect(await readMetrics(path)).toEqual([{ ...evaluation, top1: 0.5 }, step(0)]);
  });
});

function eventOf(kind: 'step' | 'checkpoint' | 'badClip' | 'phase', iteration: number): RunEvent {
  switch (kind) {
    case 'step':
      return step(iteration);
    case 'checkpoint':
      return { kind, seconds: 1, iteration, epoch: 1, path: 'c', bytes: 1 };
    case 'badClip':
      return { kind, seconds: 1, iteration, path: 'v.mp4', reason: 'TIMEOUT' };
    case 'phase':
      return { kind, seconds: 1, phase: 0, epoch: 0, iteration, transitionMs: 1 };
  }
}
