/**
 * What can happen to a run on one machine: each fault strikes a run that is under way, lasts for a while, and is over when it returns. In
 * comes the run, out comes what was seen, in a few words. Whatever the fault has ended is started again by the series.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { acquireLock } from '../../../job-store/file-lock.ts';
import { nodeEffects } from '../../../job-store/node-effects.ts';
import type { Fault, FaultTimes } from '../ground.ts';
import { signalAll } from './process-tree.ts';
import { endInWords, SoakRun } from './soak-run.ts';
import { whyNoMounts } from './test-disk.ts';

/** A fault, and why it cannot be made here; null: it can. */
interface PossibleFault extends Fault<SoakRun> {
  readonly whyNot: () => string | null;
}

const DAY_MS = 86_400_000;
const always = (): null => null;

const FAULTS: readonly PossibleFault[] = [
  { name: 'trainer-killed', whyNot: always, strike: killTrainer },
  { name: 'all-killed', whyNot: always, strike: killAll },
  { name: 'interrupted', whyNot: always, strike: interrupt },
  { name: 'all-frozen', whyNot: always, strike: freezeAll },
  { name: 'trainer-frozen', whyNot: always, strike: freezeTrainer },
  { name: 'frozen-and-taken-over', whyNot: whyNoMounts, strike: takeOver },
  { name: 'disk-full', whyNot: whyNoMounts, strike: fillDisk },
  { name: 'output-gone', whyNot: whyNoMounts, strike: (run, { awayMs }) => detach(run, 'output', awayMs) },
  { name: 'data-gone', whyNot: whyNoMounts, strike: (run, { awayMs }) => detach(run, 'data', awayMs) },
  { name: 'object-out-of-reach', whyNot: always, strike: holdObject },
  { name: 'clock-forward', whyNot: always, strike: (run) => setClock(run, DAY_MS) },
  { name: 'clock-back', whyNot: always, strike: (run) => setClock(run, -DAY_MS) },
];

/** The faults that can be made on this machine, and those that cannot, with the reason. */
export function possibleFaults(): {
  readonly faults: readonly Fault<SoakRun>[];
  readonly skipped: readonly string[];
} {
  const skipped = FAULTS.flatMap(({ name, whyNot }) => (whyNot() === null ? [] : [`${name}: ${whyNot()}`]));
  return { faults: FAULTS.filter(({ whyNot }) => whyNot() === null), skipped };
}

/** As the kernel does it when memory is short. */
async function killTrainer(run: SoakRun): Promise<string> {
  await run.until('a trainer', () => run.trainer !== null);
  const { trainer } = run;
  if (trainer === null) {
    return 'the run was just over';
  }
  signalAll([trainer], 'SIGKILL');
  await run.until('the trainer to be gone', () => run.trainer !== trainer);
  return `process ${trainer} killed`;
}

/** As a machine that loses its power. */
async function killAll(run: SoakRun): Promise<string> {
  await run.killAll();
  return 'killed';
}

/** Ctrl-C. */
async function interrupt(run: SoakRun): Promise<string> {
  if (run.pid !== null) {
    signalAll([run.pid], 'SIGINT');
  }
  await run.until('the run to save and end', () => run.end !== null);
  return `ended with ${run.end?.code}`;
}

/** As a machine that sleeps. */
async function freezeAll({ tree }: SoakRun, { stopMs }: FaultTimes): Promise<string> {
  signalAll(tree, 'SIGSTOP');
  await sleep(stopMs);
  signalAll(tree, 'SIGCONT');
  return `stood still for ${stopMs / 1000} s`;
}

async function freezeTrainer(run: SoakRun, { stopMs }: FaultTimes): Promise<string> {
  await run.until('a trainer', () => run.trainer !== null);
  const { trainer } = run;
  const frozen = trainer === null ? [] : [trainer];
  signalAll(frozen, 'SIGSTOP');
  await sleep(stopMs);
  signalAll(frozen, 'SIGCONT');
  return `stood still for ${stopMs / 1000} s`;
}

/**
 * As a machine that sleeps while the run is gone on with on another one, and wakes up later. The other machine is a set of
 * processes with a host name of its own, so that nothing but silence tells it that it may take the locks.
 */
async function takeOver(run: SoakRun): Promise<string> {
  const { tree } = run;
  if (tree.length === 0) {
    return 'the run was over';
  }
  signalAll(tree, 'SIGSTOP');
  const other = new SoakRun(run.job, run.name);
  const script = 'hostname another-machine && exec "$@"';
  other.start([
    ...['unshare', '--fork', '--kill-child', '--pid', '--uts', '--mount-proc', '--propagation', 'slave'],
    ...['sh', '-c', script, 'another-machine'],
  ]);
  try {
    await other.until('the other machine to have the folder', async () => {
      const lock = await readFile(join(run.job.behind(run.name), 'trainer.lock'), 'utf8').catch(() => '');
      return lock.includes('another-machine');
    });
  } finally {
    signalAll(tree, 'SIGCONT');
  }
  await run.until('the first machine to leave', () => run.end !== null);
  const seen = `ended with ${endInWords(run.end)}`;
  run.takePlaceOf(other);
  return seen;
}

async function fillDisk(run: SoakRun, { awayMs }: FaultTimes): Promise<string> {
  const { output } = run.job;
  await output.fill();
  await Promise.race([sleep(awayMs), run.until('a word about it', () => run.end !== null)]);
  await output.free();
  return run.end === null ? 'went on' : `ended with code ${run.end.code}`;
}

async function detach(run: SoakRun, which: 'output' | 'data', awayMs: number): Promise<string> {
  const disk = run.job[which];
  disk.detach();
  try {
    await sleep(awayMs);
  } finally {
    disk.attach();
  }
  return run.end === null ? `away for ${awayMs / 1000} s` : `ended with code ${run.end.code}`;
}

/** What an API server that is away is to a cluster: nobody can write into the job. */
async function holdObject(run: SoakRun, { awayMs }: FaultTimes): Promise<string> {
  const path = join(run.job.outputOf(run.name), 'job.yaml.lock');
  const elsewhere = { ...nodeEffects, host: 'elsewhere' };
  const lock = await acquireLock(path, elsewhere, {
    ...{ timeoutMs: 30_000, staleAfterMs: 20_000, beatMs: 1000, isLongHeld: true },
  });
  await sleep(awayMs);
  await lock.release();
  return run.end === null ? `out of reach for ${awayMs / 1000} s` : `ended with ${endInWords(run.end)}`;
}

async function setClock(run: SoakRun, offsetMs: number): Promise<string> {
  await run.setClock(offsetMs);
  return `${offsetMs > 0 ? '+' : ''}${offsetMs / DAY_MS} d`;
}
