/**
 * Children with one habit each, named by the environment variable HABIT: for tests of how a child process is watched.
 */
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

const { HABIT: habit = '' } = process.env;

if (habit === 'orderly') {
  process.on('SIGTERM', () => {
    process.exit(143);
  });
}
if (habit === 'stubborn') {
  process.on('SIGTERM', () => {
    process.stderr.write('not now\n');
  });
}
if (habit === 'parent') {
  const child = spawn('sleep', ['600'], { stdio: 'ignore' });
  process.stdout.write(`${child.pid}\n`);
  process.exit(0);
}
if (habit === 'crash') {
  throw new Error('out of luck');
}
process.stdout.write('ready\n');
await sleep(600_000);
