/**
 * One life of a decoder process: started, ready, jobs sent, results read, dead. It reports what happens and decides
 * nothing; `decoder-process.ts` starts the next life and knows whose fault a death was.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { signalChild } from '../../native/signal-child.ts';
import type { ClipMakerSettings } from './clip-maker.ts';
import { isReadyMessage, type ParentMessage, RESULT_DESCRIPTOR, type WireJob } from './protocol.ts';
import { ResultReader, type ResultSink } from './result-reader.ts';

const PROGRAM = fileURLToPath(new URL('./decoder-main.ts', import.meta.url));

/** What is kept of a dying process's last words, characters. */
const LAST_WORDS = 2000;

export interface ChildEvents extends ResultSink {
  /** Jobs are taken. @param gaps - what the process could not be kept from */
  ready(gaps: readonly string[]): void;
  /** Something came out of the process. */
  heard(): void;
  /** The process is gone and everything it wrote has been read. Comes once. */
  gone(how: string): void;
}

export class DecoderChild {
  readonly #process: ChildProcess;
  readonly #events: ChildEvents;
  #lastWords = '';
  #isGone = false;

  constructor(settings: ClipMakerSettings, events: ChildEvents) {
    this.#events = events;
    this.#process = fork(PROGRAM, {
      // Flags of the parent (a debugger, a test runner's) are not for the decoder.
      execArgv: [],
      // Tokens and keys that a trainer may have in its environment are none of a video's business.
      env: {},
      // JSON would turn an infinite limit into null.
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc', 'pipe'],
    });
    const results = this.#process.stdio[RESULT_DESCRIPTOR];
    if (results instanceof Readable) {
      const reader = new ResultReader(events);
      results.on('data', (chunk: Uint8Array) => {
        events.heard();
        reader.push(chunk);
      });
    }
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#lastWords = (this.#lastWords + text).slice(-LAST_WORDS);
    });
    this.#process.once('message', (message) => {
      events.ready(isReadyMessage(message) ? message.gaps : []);
    });
    this.#process.once('error', (error) => {
      this.#end(error.message);
    });
    this.#process.once('close', (code, signal) => {
      this.#end(signal === null ? `it exited with code ${code ?? 'unknown'}` : `it was ended by ${signal}`);
    });
    this.#send({ kind: 'settings', settings });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  sendJobs(jobs: readonly WireJob[]): void {
    this.#send({ kind: 'jobs', jobs });
  }

  kill(): void {
    signalChild(this.#process, 'SIGKILL');
  }

  #send(message: ParentMessage): void {
    // A send into a process that has just died fails here and is reported by `gone`.
    this.#process.send(message, () => undefined);
  }

  #end(how: string): void {
    if (!this.#isGone) {
      this.#isGone = true;
      const words = this.#lastWords.trim();
      this.#events.gone(words === '' ? how : `${how}: ${words}`);
    }
  }
}
