/** Frames, whatever way the network cuts them. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { byteFrames, type Frame, FrameError, FrameReader, LONGEST_FRAME, messageFrame } from './frames.ts';

function read(stream: Buffer, cuts: readonly number[]): readonly Frame[] {
  const reader = new FrameReader();
  const places = [
    0,
    ...cuts.map((cut) => cut % (stream.length + 1)).toSorted((a, b) => a - b),
    stream.length,
  ];
  return places
    .slice(1)
    .flatMap((end, index) => [...reader.read(stream.subarray(places[index], end))])
    .map((frame) => (frame.kind === 'bytes' ? { ...frame, bytes: Buffer.from(frame.bytes) } : frame));
}

describe('frames', () => {
  test('come out as they went in, in order, wherever the stream was cut', () => {
    const message = fc.record({ kind: fc.string(), code: fc.integer() });
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 300 }).map((array) => Buffer.from(array));
    fc.assert(
      fc.property(fc.array(fc.oneof(message, bytes)), fc.array(fc.nat()), (sent, cuts) => {
        const frames = sent.flatMap((one) => (Buffer.isBuffer(one) ? byteFrames(one) : [messageFrame(one)]));
        expect(read(Buffer.concat(frames), cuts)).toEqual(
          sent.map((one) =>
            Buffer.isBuffer(one) ? { kind: 'bytes', bytes: one } : { kind: 'message', message: one },
          ),
        );
      }),
    );
  });

  test('carry more bytes than one of them holds', () => {
    const bytes = Buffer.alloc(2 * LONGEST_FRAME + 1, 7);
    const frames = byteFrames(bytes);
    expect(frames).toHaveLength(3);
    const pieces = read(Buffer.concat(frames), []).map((frame) =>
      frame.kind === 'bytes' ? frame.bytes : Buffer.alloc(0),
    );
    expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
  });

  test('that are too long, of no known kind or no JSON are refused', () => {
    const refused = [
      Buffer.from([0xff, 0xff, 0xff, 0xff]),
      Buffer.from([0, 0, 0, 0]),
      Buffer.from([0, 0, 0, 1, 9]),
      Buffer.from([0, 0, 0, 2, 0, 0x7b]),
      Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    ];
    for (const stream of refused) {
      expect(() => read(stream, [])).toThrow(FrameError);
    }
    expect(() => messageFrame({ text: 'x'.repeat(LONGEST_FRAME) })).toThrow(FrameError);
  });
});
