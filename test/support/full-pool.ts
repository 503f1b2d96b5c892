/**
 * A process whose thread pool is as full as a trainer's gets: every lane of the cores that it pretends to have is stuck
 * in the kernel, in the opening of a pipe that nobody writes to. It then takes a lock and has to go on saying that it
 * lives. In: cores and a folder with pipes `0`, `1` and so on. Out: `beating` once the lock was heard of five times.
 */
import { open } from 'node:fs';
import { join } from 'node:path';
import { argv, env, stdout } from 'node:process';
import { LONG_HELD } from '../../job-store/file-lock.ts';
import { lockOutput } from '../../trainer-image/link/output-lock.ts';
import { nodeEffects } from '../../job-store/node-effects.ts';
import { threadPoolSize } from '../../trainer-image/machine.ts';

const BEATS = 5;

const [cores = '', folder = ''] = argv.slice(2);
env['UV_THREADPOOL_SIZE'] = String(threadPoolSize(Number(cores), env['UV_THREADPOOL_SIZE']));
for (let lane = 0; lane < Number(cores); lane += 1) {
  open(join(folder, String(lane)), 'r', () => undefined);
}
let beats = 0;
await lockOutput(folder, {
  ...nodeEffects,
  // Sooner than every five seconds.
  sleep: (ms, signal) => nodeEffects.sleep(ms / LONG_HELD.beatMs, signal),
  fs: {
    ...nodeEffects.fs,
    utimes: async (path, accessed, modified) => {
      await nodeEffects.fs.utimes(path, accessed, modified);
      beats += 1;
      if (beats === BEATS) {
        stdout.write('beating\n');
      }
    },
  },
});
