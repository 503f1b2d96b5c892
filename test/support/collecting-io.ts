/** A `CommandIo` that keeps what a command prints, for tests; files come from the real file system. */
import { readFile } from 'node:fs/promises';
import type { CommandIo } from '../../cli/io.ts';

export class CollectingIo implements CommandIo {
  readonly isTty = false;
  readonly columns = 80;
  out = '';
  err = '';
  exitCode = 0;

  stdout(text: string): void {
    this.out += text;
  }

  stderr(text: string): void {
    this.err += text;
  }

  readTextFile(path: string): Promise<string> {
    return readFile(path, 'utf8');
  }

  setExitCode(code: number): void {
    this.exitCode = code;
  }
}
