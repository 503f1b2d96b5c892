/**
 * A disk of a soak's own that can be filled and can go away: a small file system in memory, seen at a mount point. In comes a
 * folder, out come a disk and what may happen to it. Mounting takes root; without it the disk is a plain folder to which
 * nothing happens.
 */
import { execFileSync } from 'node:child_process';
import { appendFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { systemErrorName } from '../../../storage/trouble.ts';

/** Why disks cannot be mounted here; null: they can. */
export function whyNoMounts(): string | null {
  return process.platform === 'linux' && process.getuid?.() === 0
    ? null
    : 'mounting a file system takes root';
}

/**
 * Lets what is mounted in a folder come and go also for processes that have mounts of their own (`unshare --propagation
 * slave`). Returns how to undo it.
 */
export function shareMounts(folder: string): () => void {
  if (whyNoMounts() !== null) {
    return () => undefined;
  }
  execFileSync('mount', ['--bind', folder, folder]);
  execFileSync('mount', ['--make-shared', folder]);
  return () => {
    execFileSync('umount', ['-l', folder]);
  };
}

const FILLER = 'filler';
const FILLER_BLOCK = Buffer.alloc(2 ** 16, 1);

export class TestDisk {
  /** Where the run sees it. */
  readonly path: string;
  /** Where it is to be seen at any time. */
  readonly behind: string;
  readonly #isMounted: boolean;
  #isAttached = true;

  private constructor(path: string, behind: string, isMounted: boolean) {
    this.path = path;
    this.behind = behind;
    this.#isMounted = isMounted;
  }

  /** @param sizeMiB - null: as large as memory allows */
  static async make(folder: string, name: string, sizeMiB: number): Promise<TestDisk> {
    const path = join(folder, name);
    await mkdir(path, { recursive: true });
    if (whyNoMounts() !== null) {
      return new TestDisk(path, path, false);
    }
    const behind = join(folder, `${name}-behind`);
    await mkdir(behind);
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeMiB}m`, 'tmpfs', behind]);
    execFileSync('mount', ['--bind', behind, path]);
    return new TestDisk(path, behind, true);
  }

  /** Takes up every byte that is left. */
  async fill(): Promise<void> {
    try {
      for (;;) {
        await appendFile(join(this.behind, FILLER), FILLER_BLOCK);
      }
    } catch (error) {
      if (systemErrorName(error) !== 'ENOSPC') {
        throw error;
      }
    }
  }

  async free(): Promise<void> {
    await rm(join(this.behind, FILLER), { force: true });
  }

  /** The mount point is an empty folder from now on; what is open stays open, as with a server that was replaced. */
  detach(): void {
    execFileSync('umount', ['-l', this.path]);
    this.#isAttached = false;
  }

  attach(): void {
    execFileSync('mount', ['--bind', this.behind, this.path]);
    this.#isAttached = true;
  }

  /** Gives everything back. Nobody may use it any more. */
  remove(): void {
    if (!this.#isMounted) {
      return;
    }
    if (this.#isAttached) {
      execFileSync('umount', ['-l', this.path]);
    }
    execFileSync('umount', ['-l', this.behind]);
  }
}
