/**
 * Takes a decoder's result pipe apart: chunks of any size come in, payload bytes go straight to where the header's
 * owner wants them, so a clip is copied once. `decoder-process.ts` feeds it.
 */
import { HEADER_BYTES, readHeader, type ResultHeader } from './protocol.ts';

export interface ResultSink {
  /** Where the payload goes: at least `header.length` bytes. Null: it is thrown away. */
  begin(header: ResultHeader): Uint8Array | null;
  /** The payload is complete. */
  end(header: ResultHeader): void;
}

export class ResultReader {
  readonly #sink: ResultSink;
  readonly #headerBytes = new Uint8Array(HEADER_BYTES);
  #headerFill = 0;
  #header: ResultHeader | null = null;
  #target: Uint8Array | null = null;
  #filled = 0;

  constructor(sink: ResultSink) {
    this.#sink = sink;
  }

  push(chunk: Uint8Array): void {
    let offset = 0;
    while (offset < chunk.length) {
      offset += this.#header === null ? this.#takeHeader(chunk, offset) : this.#takePayload(chunk, offset);
    }
  }

  #takeHeader(chunk: Uint8Array, offset: number): number {
    const taken = Math.min(HEADER_BYTES - this.#headerFill, chunk.length - offset);
    this.#headerBytes.set(chunk.subarray(offset, offset + taken), this.#headerFill);
    this.#headerFill += taken;
    if (this.#headerFill === HEADER_BYTES) {
      this.#header = readHeader(this.#headerBytes);
      this.#target = this.#sink.begin(this.#header);
      this.#filled = 0;
      this.#endWhenFull(this.#header);
    }
    return taken;
  }

  #takePayload(chunk: Uint8Array, offset: number): number {
    const header = this.#header!;
    const taken = Math.min(header.length - this.#filled, chunk.length - offset);
    this.#target?.set(chunk.subarray(offset, offset + taken), this.#filled);
    this.#filled += taken;
    this.#endWhenFull(header);
    return taken;
  }

  #endWhenFull(header: ResultHeader): void {
    if (this.#filled === header.length) {
      this.#header = null;
      this.#headerFill = 0;
      this.#target = null;
      this.#sink.end(header);
    }
  }
}
