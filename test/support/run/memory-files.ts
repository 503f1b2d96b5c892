/**
 * A file system in memory that fits a job file's effects, with a fault that strikes at the n-th operation: for rules
 * that must hold wherever a disk fails. Time stands still; sleeping only lets others go on.
 */
import type { FileSignature, JobFileEffects, OpenFile } from '../../../job-store/file-effects.ts';

export class DiskFullError extends Error {
  override readonly name = 'DiskFullError';
  readonly code = 'ENOSPC';
}

class FileError extends Error {
  override readonly name = 'FileError';
  readonly code: string;
  constructor(code: string, path: string) {
    super(`${code}: ${path}`);
    this.code = code;
  }
}

export class MemoryFiles {
  readonly #files = new Map<string, { text: string; ino: number; mtimeMs: number }>();
  #operations = 0;
  #nextIno = 1;
  /** The operation, counted from 1, that fails; later ones work again. */
  failAt = Number.POSITIVE_INFINITY;

  get operations(): number {
    return this.#operations;
  }

  get names(): readonly string[] {
    return [...this.#files.keys()];
  }

  effects(change: Partial<JobFileEffects> = {}): JobFileEffects {
    let id = 0;
    return {
      fs: {
        readFile: (path) => this.#run(() => this.#find(path).text),
        readlink: (path) => this.#run(() => this.#find(path).text),
        open: (path, flags) => this.#run(() => this.#open(path, flags)),
        unlink: (path) =>
          this.#run(() => {
            this.#find(path);
            this.#files.delete(path);
          }),
        stat: (path) => this.#run(() => this.#signature(path)),
        utimes: (path) =>
          this.#run(() => {
            this.#find(path);
          }),
      },
      instant: {
        statSync: (path) => this.#runNow(() => this.#signature(path)),
        renameSync: (from, to) => {
          this.#runNow(() => {
            this.#files.set(to, this.#find(from));
            this.#files.delete(from);
          });
        },
      },
      watch: () => ({ on: () => undefined, close: () => undefined }),
      process: { pid: 1, kill: () => true },
      host: 'memory',
      sleep: () => new Promise((resolve) => setImmediate(resolve)),
      // What is tried again later is not part of what these tests look at.
      callIfStillThere: () => undefined,
      now: () => 0,
      monotonicNow: () => 0,
      uniqueId: () => `id-${(id += 1)}`,
      ...change,
    };
  }

  #open(path: string, flags: 'w' | 'wx'): OpenFile {
    if (flags === 'wx' && this.#files.has(path)) {
      throw new FileError('EEXIST', path);
    }
    const file = { text: '', ino: (this.#nextIno += 1), mtimeMs: 0 };
    this.#files.set(path, file);
    return {
      writeFile: (text) =>
        this.#run(
          () => {
            file.text = text;
          },
          () => {
            file.text = text.slice(0, text.length / 2);
          },
        ),
      sync: () => this.#run(() => undefined),
      stat: () => this.#run(() => ({ ino: file.ino, mtimeMs: file.mtimeMs, size: file.text.length })),
      close: () => Promise.resolve(),
    };
  }

  #signature(path: string): FileSignature {
    const { text, ino, mtimeMs } = this.#find(path);
    return { ino, mtimeMs, size: text.length };
  }

  #find(path: string): { text: string; ino: number; mtimeMs: number } {
    const file = this.#files.get(path);
    if (file === undefined) {
      throw new FileError('ENOENT', path);
    }
    return file;
  }

  /** @param half - what a failing operation has done when it fails */
  async #run<T>(operation: () => T, half?: () => void): Promise<T> {
    await Promise.resolve();
    return this.#runNow(operation, half);
  }

  #runNow<T>(operation: () => T, half?: () => void): T {
    this.#operations += 1;
    if (this.#operations === this.failAt) {
      half?.();
      throw new DiskFullError('no space left on device');
    }
    return operation();
  }
}
