/**
 * Cuts a stream of bytes into frames and makes frames of what is to be sent. In: chunks as they arrive, or a message. Out: messages
 * (JSON) and raw bytes, in order. A frame is the length of what follows (32 bits, big-endian), one byte for its kind, and its
 * content; a longer one than `LONGEST_FRAME` is an error before any of it is kept.
 */

/** Bytes of a frame's content. Far more than a message needs; raw bytes are cut into pieces of this size. */
export const LONGEST_FRAME = 64 * 1024;

const LENGTH_BYTES = 4;
const KINDS = { message: 0, bytes: 1 } as const;

export type Frame =
  | { readonly kind: 'message'; readonly message: unknown }
  | { readonly kind: 'bytes'; readonly bytes: Buffer };

/** What came is no frame: from another program, or of another version. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
}

/** @throws FrameError when the message is too long to be sent */
export function messageFrame(message: object): Buffer {
  return frameOf(KINDS.message, Buffer.from(JSON.stringify(message)));
}

/** As many frames as the bytes need. */
export function byteFrames(bytes: Buffer): readonly Buffer[] {
  const count = Math.ceil(bytes.length / LONGEST_FRAME);
  return Array.from({ length: count }, (_, index) =>
    frameOf(KINDS.bytes, bytes.subarray(index * LONGEST_FRAME, (index + 1) * LONGEST_FRAME)),
  );
}

export class FrameReader {
  #unread: Buffer = Buffer.alloc(0);

  /** @throws FrameError; nothing that follows can be read after it */
  *read(chunk: Buffer): Generator<Frame> {
    this.#unread = this.#unread.length === 0 ? chunk : Buffer.concat([this.#unread, chunk]);
    while (this.#unread.length >= LENGTH_BYTES) {
      const length = this.#unread.readUInt32BE(0);
      if (length < 1 || length > LONGEST_FRAME + 1) {
        throw new FrameError(`a frame of ${length} bytes: at most ${LONGEST_FRAME} are allowed`);
      }
      const end = LENGTH_BYTES + length;
      if (this.#unread.length < end) {
        return;
      }
      const kind = this.#unread[LENGTH_BYTES];
      const content = this.#unread.subarray(LENGTH_BYTES + 1, end);
      this.#unread = this.#unread.subarray(end);
      yield decoded(kind, content);
    }
  }
}

function frameOf(kind: number, content: Buffer): Buffer {
  if (content.length > LONGEST_FRAME) {
    throw new FrameError(`a message of ${content.length} bytes: at most ${LONGEST_FRAME} are allowed`);
  }
  const head = Buffer.alloc(LENGTH_BYTES + 1);
  head.writeUInt32BE(content.length + 1, 0);
  head[LENGTH_BYTES] = kind;
  return Buffer.concat([head, content]);
}

function decoded(kind: number | undefined, content: Buffer): Frame {
  if (kind === KINDS.bytes) {
    return { kind: 'bytes', bytes: content };
  }
  if (kind !== KINDS.message) {
    throw new FrameError(`a frame of the unknown kind ${kind}`);
  }
  try {
    const message: unknown = JSON.parse(content.toString());
    return { kind: 'message', message };
  } catch (error) {
    throw new FrameError('a message that is no JSON', { cause: error });
  }
}
