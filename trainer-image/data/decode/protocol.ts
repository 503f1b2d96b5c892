/**
 * What a decoder process and its parent say to each other. Jobs go down the IPC channel as messages, many at a time.
 * Results come up a pipe of their own as raw bytes (measured: a third of the time of messages), one for each job and in
 * the same order: a header, then pixels or, for a failure, a sentence.
 */
import { textAt, valueAt } from '../../../multigrid/json/fields.ts';
import type { ClipGeometry } from '../clip-request.ts';
import type { ClipMakerSettings } from './clip-maker.ts';
import { FAILURE_REASONS, type FailureReason } from './clip-failure.ts';

/** File descriptor of the result pipe inside the decoder process; 0 to 2 are the standard streams, 3 is IPC. */
export const RESULT_DESCRIPTOR = 4;

export interface WireJob {
  readonly path: string;
  readonly clip: ClipGeometry;
}

export type ParentMessage =
  | { readonly kind: 'settings'; readonly settings: ClipMakerSettings }
  | { readonly kind: 'jobs'; readonly jobs: readonly WireJob[] };

/** Sent once, when FFmpeg is loaded and jobs are taken. */
export interface ReadyMessage {
  readonly kind: 'ready';
  /** What the process could not be kept from; empty when nothing. */
  readonly gaps: readonly string[];
}

export function isReadyMessage(message: unknown): message is ReadyMessage {
  return textAt(message, 'kind') === 'ready' && Array.isArray(valueAt(message, 'gaps'));
}

export interface ResultHeader {
  /**
   * null: a clip follows. `DISK`: the name of the disk's error, a blank and a sentence; `CONFINED`: the same, where a process
   * that is confined anew may be allowed what this one is not. Else a sentence.
   */
  readonly failure: FailureReason | 'DISK' | 'CONFINED' | null;
  readonly isCacheHit: boolean;
  /** Time the job took in the decoder, microseconds. */
  readonly micros: number;
  /** Bytes that follow. */
  readonly length: number;
}

/** Far from the codes of reasons, which grow. */
const DISK_CODE = 0xffff;
const CONFINED_CODE = 0xfffe;

/** Four little-endian 32-bit words. */
export const HEADER_BYTES = 16;

export function writeHeader(target: Uint8Array, header: ResultHeader): void {
  const view = new DataView(target.buffer, target.byteOffset, HEADER_BYTES);
  view.setUint32(0, codeOf(header.failure), true);
  view.setUint32(4, header.isCacheHit ? 1 : 0, true);
  view.setUint32(8, header.micros, true);
  view.setUint32(12, header.length, true);
}

export function readHeader(source: Uint8Array): ResultHeader {
  const view = new DataView(source.buffer, source.byteOffset, HEADER_BYTES);
  const code = view.getUint32(0, true);
  return {
    failure: failureOf(code),
    isCacheHit: view.getUint32(4, true) === 1,
    micros: view.getUint32(8, true),
    length: view.getUint32(12, true),
  };
}

function codeOf(failure: ResultHeader['failure']): number {
  if (failure === null) {
    return 0;
  }
  if (failure === 'DISK' || failure === 'CONFINED') {
    return failure === 'DISK' ? DISK_CODE : CONFINED_CODE;
  }
  return FAILURE_REASONS.indexOf(failure) + 1;
}

function failureOf(code: number): ResultHeader['failure'] {
  switch (code) {
    case 0:
      return null;
    case DISK_CODE:
      return 'DISK';
    case CONFINED_CODE:
      return 'CONFINED';
    default:
      return FAILURE_REASONS[code - 1]!;
  }
}
