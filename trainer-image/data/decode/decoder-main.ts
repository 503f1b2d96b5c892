/**
 * A decoder process: jobs in, clips out, one after the other. It holds nothing that matters, so it may be killed at any
 * time. FFmpeg runs here and only here, so that a file that crashes it does not take the trainer along, and a file that
 * takes it over finds no network and no secrets.
 */
import { accessSync, constants, writeSync } from 'node:fs';
import { AV_LOG_QUIET } from 'node-av/constants';
import { Log } from 'node-av/lib';
import { messageOf } from '../../../multigrid/errors/message-of.ts';
import { systemErrorName } from '../../../storage/trouble.ts';
import { ClipFailure } from './clip-failure.ts';
import { ClipMaker } from './clip-maker.ts';
import { confine } from './confinement/confine.ts';
import {
  HEADER_BYTES,
  type ParentMessage,
  type ReadyMessage,
  type ResultHeader,
  RESULT_DESCRIPTOR,
  type WireJob,
  writeHeader,
} from './protocol.ts';

/** The last result; grows to the largest clip and is used again. */
let buffer = new Uint8Array(0);
let maker: ClipMaker | null = null;

function work(job: WireJob, clips: ClipMaker): void {
  const started = performance.now();
  const result = resultOf(job, clips);
  const micros = Math.round((performance.now() - started) * 1000);
  const { header, bytes } = result;
  writeHeader(bytes, { ...header, micros, length: bytes.length - HEADER_BYTES });
  writeAll(bytes);
}

interface Result {
  readonly header: Pick<ResultHeader, 'failure' | 'isCacheHit'>;
  /** Room for the header, then the payload. */
  readonly bytes: Uint8Array;
}

function resultOf({ path, clip }: WireJob, clips: ClipMaker): Result {
  const total = HEADER_BYTES + clip.frames * clip.cropSize ** 2 * 3;
  if (buffer.length < total) {
    buffer = new Uint8Array(total);
  }
  try {
    const isCacheHit = clips.make(path, clip, buffer.subarray(HEADER_BYTES));
    return { header: { failure: null, isCacheHit }, bytes: buffer.subarray(0, total) };
  } catch (error) {
    const { failure, text } = failureOf(error, path);
    return {
      header: { failure, isCacheHit: false },
      bytes: Buffer.concat([Buffer.alloc(HEADER_BYTES), Buffer.from(text)]),
    };
  }
}

function failureOf(
  error: unknown,
  path: string,
): { readonly failure: ResultHeader['failure']; readonly text: string } {
  const message = messageOf(error);
  if (error instanceof ClipFailure) {
    return { failure: error.reason, text: message };
  }
  const name = systemErrorName(error);
  if (name === null) {
    return { failure: 'UNREADABLE', text: message };
  }
  // A disk that was mounted after this process was confined is closed to it, and to it alone.
  const isOurs = name === 'EACCES' && confinement.files && mayRead(path);
  return { failure: isOurs ? 'CONFINED' : 'DISK', text: `${name} ${message}` };
}

/** By the file's own rights: confinement has no say in this question. */
function mayRead(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

/** The pipe blocks when the parent is behind, which is all the flow control there needs to be. */
function writeAll(bytes: Uint8Array): void {
  for (let offset = 0; offset < bytes.length;) {
    offset += writeSync(RESULT_DESCRIPTOR, bytes, offset);
  }
}

function receive(message: ParentMessage): void {
  if (message.kind === 'settings') {
    maker = new ClipMaker(message.settings);
    const ready: ReadyMessage = { kind: 'ready', gaps: confinement.gaps };
    process.send?.(ready);
  } else if (maker !== null) {
    for (const job of message.jobs) {
      work(job, maker);
    }
  }
}

// Everything that a clip needs is loaded by now; nothing of any file has been read.
const confinement = confine();
Log.setLevel(AV_LOG_QUIET);
process.on('message', receive);
// The parent is gone, with or without a word: nobody wants the clips.
process.on('disconnect', () => process.exit(0));
// Ctrl-C goes to the whole process group; the trainer still wants clips while it writes its last checkpoint.
process.on('SIGINT', () => undefined);
