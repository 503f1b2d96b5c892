/** Headers of files from strangers: each lie is found before a value is read. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeTensorFile, encodeTensorFile } from './safetensors.ts';
import { headerLength, parseTensorHeader } from './tensor-header.ts';
import { WeightsFileError } from './weights-error.ts';

const VALUE_BYTES = 16;
const sound = { dtype: 'F32', shape: [2], data_offsets: [0, 8] };
const second = { dtype: 'F16', shape: [2, 2], data_offsets: [8, 16] };

function parse(header: unknown): ReturnType<typeof parseTensorHeader> {
  return parseTensorHeader(new TextEncoder().encode(JSON.stringify(header)), VALUE_BYTES);
}

test('a sound header names every tensor with its type, shape and place', () => {
  const { metadata, tensors } = parse({ __metadata__: { format: 'pt' }, a: sound, b: second });
  expect(metadata).toEqual({ format: 'pt' });
  expect(tensors.get('b')).toEqual({ name: 'b', type: 'F16', dims: [2, 2], begin: 8, end: 16 });
});

describe('a header is refused that', () => {
  test.each([
    ['is a list', [sound], 'no JSON object'],
    ['has a tensor without type', { a: { shape: [2], data_offsets: [0, 8] } }, 'a has no dtype'],
    ['has an unknown type', { a: { ...sound, dtype: 'F31' } }, 'unknown dtype F31'],
    ['has a type of no text', { a: { ...sound, dtype: 7 } }, 'a has no dtype'],
    ['has a shape of another size', { a: { ...sound, shape: [3] } }, 'does not fit its 8 bytes'],
    ['has a type of another size', { a: { ...sound, dtype: 'F64' } }, 'does not fit its 8 bytes'],
    ['has a negative length', { a: { ...sound, shape: [-2] } }, 'holds -2, which is not a whole number'],
    ['has half a length', { a: { ...sound, shape: [0.5, 4] } }, 'holds 0.5'],
    ['has a length as text', { a: { ...sound, shape: ['2'] } }, 'holds "2"'],
    ['has a shape that is no list', { a: { ...sound, shape: 2 } }, 'is not a list'],
    [
      'has more values than numbers can count',
      { a: { ...sound, shape: [2 ** 52, 2 ** 52] } },
      'does not fit',
    ],
    ['has nine axes', { a: { ...sound, shape: [1, 1, 1, 1, 1, 1, 1, 1, 2] } }, 'at most 8 axes'],
    ['has one offset', { a: { ...sound, data_offsets: [0] } }, 'needs two data_offsets'],
    [
      'has offsets the wrong way round',
      { a: { ...sound, data_offsets: [8, 0] } },
      'does not fit its -8 bytes',
    ],
    ['has tensors over each other', { a: sound, b: { ...second, data_offsets: [4, 12] } }, 'b shares bytes'],
    ['has the same bytes twice', { a: sound, c: sound, b: second }, 'shares bytes with another tensor'],
    ['leaves a gap', { a: { ...sound, shape: [1], data_offsets: [0, 4] }, b: second }, 'leaves a gap'],
    ['ends before the file does', { a: sound }, 'the tensors take 8 bytes, the file has 16'],
    [
      'points behind the file',
      { a: sound, b: second, c: { ...sound, data_offsets: [16, 24] } },
      'take 24 bytes',
    ],
    ['has metadata of no text', { __metadata__: { a: 1 }, a: sound, b: second }, 'entry a is not a string'],
    ['has metadata in a list', { __metadata__: [], a: sound, b: second }, 'metadata is no JSON object'],
  ])('%s', (_, header, message) => {
    expect(() => parse(header)).toThrow(WeightsFileError);
    expect(() => parse(header)).toThrow(message);
  });

  test('gives a name twice, of which JSON keeps the last', () => {
    const entry = JSON.stringify(sound);
    const text = `{"a":${entry},"a":${JSON.stringify({ ...sound, data_offsets: [8, 16] })}}`;
    expect(() => parseTensorHeader(new TextEncoder().encode(text), VALUE_BYTES)).toThrow('leaves a gap');
  });

  test('is no text', () => {
    expect(() => parseTensorHeader(Uint8Array.of(0xff, 0xfe), 0)).toThrow('not JSON');
  });

  test('names JavaScript’s own properties without touching them', () => {
    const text = `{"__proto__":${JSON.stringify({ ...sound, data_offsets: [0, 8] })},"constructor":${JSON.stringify(second)}}`;
    const { tensors } = parseTensorHeader(new TextEncoder().encode(text), VALUE_BYTES);
    expect([...tensors.keys()]).toEqual(['__proto__', 'constructor']);
  });
});

describe('the length of the header', () => {
  const start = (length: bigint): Uint8Array => {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, length, true);
    return bytes;
  };

  test.each([
    ['the file is too short for it', start(100n), 50],
    ['it is absurd', start(2n ** 63n), 2 ** 40],
    ['it would fill the memory', start(2n ** 30n), 2 ** 40],
    ['the file has not even a length', new Uint8Array(3), 3],
  ])('is refused when %s', (_, bytes, size) => {
    expect(() => headerLength(bytes, size)).toThrow(WeightsFileError);
  });
});

test('any byte of a file may be wrong: the result is an error of ours or a file with other values', () => {
  const file = encodeTensorFile(
    [{ name: 'stem.weight', dims: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }],
    { network: 'i3d' },
  );
  fc.assert(
    fc.property(fc.nat({ max: file.length - 1 }), fc.nat({ max: 255 }), (place, byte) => {
      const damaged = file.slice();
      damaged[place] = byte;
      try {
        expect(decodeTensorFile(damaged).tensors.size).toBeLessThanOrEqual(1);
      } catch (error) {
        expect(error).toBeInstanceOf(WeightsFileError);
      }
    }),
  );
});
