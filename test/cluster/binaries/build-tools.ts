/**
 * Builds the programs of the test cluster that the cache lacks: about ten minutes on two cores for all of them, nothing
 * when they are there. Safe beside other builds of the same: one builds, the others wait, and a folder gets its final
 * name only when it is complete. Called by `npm test` and `npm run cluster:build`.
 *
 * Go's own build cache is left as it is: it holds what makes the next pinned version a matter of a minute or two, and Go
 * itself deletes what was not used for five days.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { lock } from '../locks/process-lock.ts';
import { copyKwokStages } from './kwok-stages.ts';
import { isSetReady, linkerFlags, setFolder, TOOLS_SOURCE } from './tool-cache.ts';
import { TOOL_SETS, type ToolSet } from './tool-sets.ts';

type Say = (line: string) => void;

/** How often a long build says where it is. */
const PROGRESS_PERIOD_MS = 15_000;

/** `go` ended with an error. */
export class ToolBuildError extends Error {
  constructor(set: string, output: string) {
    super(`building ${set} for the test cluster failed:\n${output}`);
    this.name = 'ToolBuildError';
  }
}

/**
 * @throws GoMissingError
 * @throws ToolBuildError
 */
export async function buildTools(say: Say): Promise<void> {
  for (const set of TOOL_SETS) {
    if (!isSetReady(set)) {
      await buildSet(set, say);
    }
  }
}

async function buildSet(set: ToolSet, say: Say): Promise<void> {
  const folder = setFolder(set);
  const held = await lock(`build/${basename(folder)}`, () => {
    say(`another process is building ${set.name} for the test cluster: waiting for it ...`);
  });
  try {
    if (isSetReady(set)) {
      return; // by the one we waited for
    }
    const partial = `${folder}.partial`;
    rmSync(partial, { recursive: true, force: true }); // of a build that was killed; we hold the lock
    mkdirSync(partial, { recursive: true });
    await compile(set, partial, say);
    if (set.name === 'kwok') {
      copyKwokStages(partial);
    }
    renameSync(partial, folder);
  } finally {
    await held.release();
  }
}

async function compile(set: ToolSet, folder: string, say: Say): Promise<void> {
  const [first = set.name, ...others] = set.tools;
  const program = others.length === 0 ? first : 'hyper';
  const started = performance.now();
  say(`building ${set.name} for the test cluster (once; kept in ${folder.replace('.partial', '')}) ...`);
  const total = (await go(set, ['list', '-deps', set.package], () => undefined)).split('\n').length;
  let compiled = 0;
  const timer = setInterval(() => {
    say(`  ${set.name}: ${compiled} packages of at most ${total} compiled, ${seconds(started)} s`);
  }, PROGRESS_PERIOD_MS);
  // The linker drops what debuggers need, so the compiler need not make it: 7 % of its time, a quarter of Go's cache.
  const flags = ['-gcflags=all=-dwarf=false', '-ldflags', linkerFlags(set)];
  const args = ['build', '-v', '-trimpath', ...flags, '-o', join(folder, program)];
  try {
    await go(set, [...args, set.package], () => compiled++);
  } finally {
    clearInterval(timer);
  }
  if (others.length > 0) {
    for (const tool of set.tools) {
      symlinkSync(program, join(folder, tool));
    }
  }
  say(`  ${set.name} built in ${seconds(started)} s`);
}

function seconds(since: number): number {
  return Math.round((performance.now() - since) / 1000);
}

/** Runs `go` in the set's module and hands over every line it says on standard error; the result is what it printed. */
function go(set: ToolSet, args: readonly string[], onLine: () => void): Promise<string> {
  const child = spawn('go', args, {
    cwd: join(TOOLS_SOURCE, set.module),
    // Less garbage collection saves an eighth of the compiler's time; static binaries run in any node's file system.
    env: { ...process.env, CGO_ENABLED: '0', GOGC: '400', GOFLAGS: '-mod=readonly -buildvcs=false' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  createInterface({ input: child.stderr }).on('line', (line) => {
    errors = `${errors}${line}\n`.slice(-8000);
    onLine();
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) {
        resolve(output);
      } else {
        reject(new ToolBuildError(set.name, errors));
      }
    });
  });
}
