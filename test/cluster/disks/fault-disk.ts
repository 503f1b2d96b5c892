/**
 * A disk that misbehaves on demand: a folder shown at a mount point of its own by tools/fault-disk, which fails the
 * operations it is told to fail. In comes the folder, out comes the disk; who is root and has /dev/fuse can have one.
 */
import { type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rmdir } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { toolPath } from '../binaries/tool-cache.ts';

export interface Fault {
  /** As in tools/fault-disk/main.go; all of them when left out. */
  readonly operations?: readonly string[];
  /** A regular expression for the path below the disk's root. */
  readonly path: string;
  /** Such as `EIO`; with `hang`, no answer comes until the faults are replaced. */
  readonly errno: keyof typeof constants.errno | 'hang';
}

/** Why there can be no such disk here, or null when there can. */
export function whyNoFaultDisk(): string | null {
  if (process.getuid?.() !== 0) {
    return 'only root can mount a disk';
  }
  if (!existsSync('/dev/fuse')) {
    return 'there is no /dev/fuse';
  }
  try {
    toolPath('fault-disk');
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Shows a folder through a disk of its own while the work goes on. The folder stays as the work leaves it. */
export async function withFaultDisk<T>(folder: string, work: (disk: FaultDisk) => Promise<T>): Promise<T> {
  const root = await mkdtemp(join(tmpdir(), 'multigrid-disk-'));
  try {
    const disk = await FaultDisk.mount(folder, root);
    try {
      return await work(disk);
    } finally {
      await disk.unmount();
    }
  } finally {
    await rmdir(root); // never what lies behind it
  }
}

export class FaultDisk {
  /** Where it is mounted. */
  readonly root: string;
  readonly #folder: string;
  #process: ChildProcessByStdio<Writable, Readable, null>;
  #lines: Interface;

  private constructor(folder: string, root: string) {
    this.root = root;
    this.#folder = folder;
    this.#process = spawn(toolPath('fault-disk'), [folder, root], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#lines = createInterface(this.#process.stdout);
  }

  /** Shows `folder` at `root`, an empty folder. */
  static async mount(folder: string, root: string): Promise<FaultDisk> {
    const disk = new FaultDisk(folder, root);
    await once(disk.#lines, 'line');
    return disk;
  }

  /**
   * From now on these fail, and nothing else does.
   *
   * @returns how many operations have failed so far
   */
  async fail(...faults: readonly Fault[]): Promise<number> {
    const list = faults.map(({ operations = [], path, errno }) => ({
      ...{ operations, path, hang: errno === 'hang' },
      errno: errno === 'hang' ? 0 : constants.errno[errno],
    }));
    const answer = once(this.#lines, 'line');
    this.#process.stdin.write(`${JSON.stringify(list)}\n`);
    return Number((await answer)[0]);
  }

  /** As when a server dies: every operation fails with ENOTCONN. */
  async crash(): Promise<void> {
    const gone = once(this.#process, 'close');
    this.#process.kill('SIGKILL');
    await gone;
  }

  /** After a crash: the disk is there again. */
  async comeBack(): Promise<void> {
    execFileSync('umount', ['-l', this.root]);
    const next = new FaultDisk(this.#folder, this.root);
    this.#process = next.#process;
    this.#lines = next.#lines;
    await once(this.#lines, 'line');
  }

  async unmount(): Promise<void> {
    const gone = once(this.#process, 'close');
    this.#process.stdin.end();
    await gone;
  }
}
