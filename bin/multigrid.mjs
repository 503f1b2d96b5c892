#!/usr/bin/env node
// Starts the command line on a Node that runs TypeScript as it is (>= 24). On an older Node it hands over to the
// Node 24 that `npm ci` placed in node_modules, so `npx multigrid` works the same on a machine that only has Node 20.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const self = fileURLToPath(import.meta.url);
const bundled = join(dirname(dirname(self)), 'node_modules', '.bin', 'node');
const [major] = process.versions.node.split('.').map(Number);

if (major >= 24) {
  if (process.env.MULTIGRID_LAUNCHER === 'ipc') {
    // The launcher below died without a word (SIGKILL): end as it did instead of training on unseen.
    delete process.env.MULTIGRID_LAUNCHER;
    process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
    process.channel?.unref();
  }
  await import('../cli/main.ts');
} else if (existsSync(bundled)) {
  const child = spawn(bundled, [self, ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, MULTIGRID_LAUNCHER: 'ipc' },
  });
  // A terminal's Ctrl-C reaches both processes by itself; a signal sent to this one alone is passed on.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGKILL' ? 137 : 143);
  });
} else {
  console.error(
    `multigrid needs Node 24 or newer; this is ${process.version}. Run \`npm ci\` first, or install Node 24.`,
  );
  process.exitCode = 69;
}
