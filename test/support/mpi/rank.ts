/**
 * One rank of a test: does what its first argument says with a real collective, and writes what came of it as lines of JSON. In:
 * a scenario's name and its arguments. Out: lines, and an exit code or worse.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, watch, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { argv } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { createEngine } from '../../../trainer-image/engine/create-engine.ts';
import type { DeviceTensor } from '../../../trainer-image/engine/engine.ts';
import { hostFloats } from '../../../trainer-image/engine/host-floats.ts';
import { MpiCollective } from '../../../trainer-image/train/collective/mpi.ts';
import { requireSame } from '../../../trainer-image/train/collective/require-same.ts';
import { textsOfAll } from '../../../trainer-image/train/collective/texts-of-all.ts';
import { compareSums, valueOf } from './order-sensitive.ts';
import { LIMIT_MS, openThisRank, say, START_LIMIT_MS } from './this-rank.ts';

const [, , scenario = '', ...args] = argv;
const collective = new MpiCollective(await openThisRank());
const { rank, size } = collective;

async function sums(lengths: readonly number[], times: number): Promise<void> {
  const engine = await createEngine();
  const longest = Math.max(...lengths);
  const block = engine.allocate(Math.max(4, longest * 4));
  for (const length of lengths) {
    const tensor: DeviceTensor = block.tensor('float32', [length], 0);
    const numbers = hostFloats(tensor);
    for (let time = 0; time < times; time += 1) {
      for (let index = 0; index < length; index += 1) {
        numbers[index] = valueOf(rank, index);
      }
      // Uneven: another rank comes last each time.
      await sleep(((rank + time) % size) * 3);
      await collective.sumGradients({ tensor, length });
      const hash = createHash('sha256').update(numbers).digest('hex');
      say({ length, hash, ...(time === 0 ? compareSums(numbers, size) : {}) });
    }
  }
  block.dispose();
  engine.dispose();
}

async function others(): Promise<void> {
  const numbers = Float64Array.of(rank, 0.1 * (rank + 1), 1);
  await collective.sum(numbers);
  say({ numbers: [...numbers] });
  const engine = await createEngine();
  const block = engine.allocate(4096);
  const tensor = block.tensor('float32', [1000], 0);
  hostFloats(tensor).fill(rank + 5);
  await collective.broadcast({ tensor, length: 1000 });
  say({ broadcast: [...new Set(hostFloats(tensor))] });
  const bytes = Uint8Array.from({ length: 1003 }, (_, index) => (rank === 0 ? 255 - (index % 256) : 7));
  const sent = await collective.broadcastBytes(bytes);
  say({ bytes: [sent.length, sent[0], sent[255], sent[1002]] });
  say({ texts: await textsOfAll(collective, rank === 1 ? '' : `größe ${'x'.repeat(rank)}`) });
  await collective.barrier(new AbortController().signal);
  block.dispose();
  engine.dispose();
}

/** The last rank takes three times as long as a silent one may, and is alive; then it fails, and the first one hears why. */
async function slowThenFails(): Promise<void> {
  const isLast = rank === size - 1;
  if (isLast) {
    await sleep(3 * LIMIT_MS);
  }
  await collective.sum(Float64Array.of(1));
  say({ together: true });
  if (isLast) {
    collective.sayLastWords('out of luck');
    await sleep(START_LIMIT_MS);
  }
  // The last rank does not come: only the end of the first one ends this.
  const waiting = collective.sum(Float64Array.of(1));
  if (rank === 0) {
    say({ lastWords: await collective.lastWords });
    process.exit(65);
  }
  await waiting;
}

/** Rank 1 comes only when the event loop of rank 0 has gone round while it waits. */
async function lateRank(file: string): Promise<void> {
  const numbers = Float64Array.of(1);
  if (rank === 0) {
    const sum = collective.sum(numbers);
    for (let round = 0; round < 50; round += 1) {
      await sleep(1);
    }
    writeFileSync(file, '');
    await sum;
  } else {
    while (!existsSync(file)) {
      const watcher = watch(dirname(file));
      await Promise.race([once(watcher, 'change'), sleep(20)]);
      watcher.close();
    }
    await collective.sum(numbers);
  }
  say({ sum: numbers[0] });
}

/** All come together once; then the last rank does as it is told, and the others wait for it. */
async function meetTrouble(trouble: string): Promise<void> {
  await collective.barrier(new AbortController().signal);
  if (rank === size - 1) {
    say({ pid: process.pid });
    const deeds: Readonly<Record<string, () => void>> = {
      kill: () => process.kill(process.pid, 'SIGKILL'),
      stop: () => process.kill(process.pid, 'SIGSTOP'),
      exit: () => process.exit(64),
      exitWell: () => process.exit(0),
      throw: () => {
        throw new Error('out of luck');
      },
    };
    deeds[trouble]?.();
  }
  const length = trouble === 'disagree' && rank === size - 1 ? 2 : 1;
  try {
    await collective.sum(new Float64Array(length));
  } catch (error) {
    say({ error: Error.isError(error) ? { name: error.name, message: error.message } : String(error) });
    process.exit(75);
  }
}

switch (scenario) {
  case 'sums':
    await sums((args[0] ?? '').split(',').map(Number), Number(args[1]));
    break;
  case 'others':
    await others();
    break;
  case 'slowThenFails':
    await slowThenFails();
    break;
  case 'differ':
    await requireSame(collective, { version: '1', 'training list': rank === 2 ? '99 videos' : '100 videos' });
    break;
  case 'lateRank':
    await lateRank(args[0] ?? '');
    break;
  default:
    await meetTrouble(scenario);
}
await collective.close();
say({ closed: true });
