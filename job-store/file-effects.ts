/**
 * The effects a job file needs, as interfaces that Node's own modules fit: `node:fs/promises` is a `JobFileSystem`,
 * `process` a `ProcessTable`. The method's folder stays free of effects; whoever opens a job file (the local platform,
 * the trainer's file link, a test) hands them in.
 */

export interface OpenFile {
  writeFile(text: string): Promise<void>;
  /** Returns when the bytes are on the disk. */
  sync(): Promise<void>;
  /** Of the file itself, wherever its name points to by now. */
  stat(): Promise<FileSignature>;
  close(): Promise<void>;
}

/** The part of `node:fs/promises` that is used. */
export interface JobFileSystem {
  readFile(path: string, encoding: 'utf8'): Promise<string>;
  readlink(path: string): Promise<string>;
  open(path: string, flags: 'w' | 'wx'): Promise<OpenFile>;
  unlink(path: string): Promise<void>;
  stat(path: string): Promise<FileSignature>;
  /** Sets the times of last access and change, seconds since 1970. */
  utimes(path: string, accessed: number, modified: number): Promise<void>;
}

/** What tells one version of a renamed-over file from the next. */
export interface FileSignature {
  readonly ino: number;
  readonly mtimeMs: number;
  readonly size: number;
}

/**
 * The part of `node:fs` that is used: done before anything else in this process goes on, for the one moment in which a
 * version takes another's place.
 */
export interface InstantFileSystem {
  statSync(path: string): FileSignature;
  renameSync(from: string, to: string): void;
}

/** Tells when anything in a folder changes; `node:fs`'s `watch` fits. */
export type WatchFolder = (
  folder: string,
  options: { readonly persistent: boolean },
  onChange: (eventType: string, fileName: string | null) => void,
) => FolderWatcher;

export interface FolderWatcher {
  on(event: 'error', listener: (error: Error) => void): unknown;
  close(): void;
}

/** The part of `process` that is used. */
export interface ProcessTable {
  readonly pid: number;
  /** With signal 0 only asks whether the process exists; throws `ESRCH` when it does not. */
  kill(pid: number, signal: 0): unknown;
}

export interface JobFileEffects {
  readonly fs: JobFileSystem;
  readonly instant: InstantFileSystem;
  readonly watch: WatchFolder;
  readonly process: ProcessTable;
  /** Name of this machine: process numbers mean something only on the machine that gave them. */
  readonly host: string;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** Calls after `ms` if the process is still there; the wait does not keep it. */
  readonly callIfStillThere: (ms: number, call: () => void) => void;
  /** Milliseconds since 1970: what times of files are compared with. It may be set at any moment. */
  readonly now: () => number;
  /** Milliseconds since any moment, by a clock that nobody sets: what patience is measured with. */
  readonly monotonicNow: () => number;
  /** A text no other call on any machine returns. */
  readonly uniqueId: () => string;
}
