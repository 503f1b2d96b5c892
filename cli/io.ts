import type { StopSignals } from './stop-signals.ts';

/**
 * What a command may do to the world around it: print, read a manifest, set the exit code. `cli/main.ts` makes the real
 * one from `process`; tests make one that collects text. Commands take it as an argument, so none touches `process`.
 */
export interface CommandIo {
  /** Writes text to standard output as it is; callers add the newline. */
  stdout(text: string): void;
  /** Writes text to standard error as it is; callers add the newline. */
  stderr(text: string): void;
  /**
   * The UTF-8 text of a file.
   *
   * @throws the file system's error (with `code`, e.g. `ENOENT`) when it cannot be read.
   */
  readTextFile(path: string): Promise<string>;
  /** The process ends with this code once everything pending is done; the last call wins. */
  setExitCode(code: number): void;
  /** Standard output is a terminal that a person looks at. */
  readonly isTty: boolean;
  /** Width of the terminal in characters; 80 when it is not one. */
  readonly columns: number;
  /** Standard error as a screen that can be drawn over; absent when it is no terminal. */
  readonly screen?: Screen;
  /** From now on Ctrl-C and SIGTERM are the command's to handle; absent where nobody can press them. */
  readonly listenForStop?: () => StopSignals;
}

/** A terminal as Node gives it. */
export interface Screen extends NodeJS.WritableStream {
  readonly isTTY: boolean;
  readonly columns: number;
}
