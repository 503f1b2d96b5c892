import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { elementBytes, toFloat32 } from './element-types.ts';
import { WeightsFileError } from './weights-error.ts';

function bytesOf(values: readonly number[], size: number): Uint8Array {
  const bytes = new Uint8Array(values.length * size);
  const view = new DataView(bytes.buffer);
  values.forEach((value, index) => {
    if (size === 2) {
      view.setUint16(index * 2, value, true);
    } else {
      view.setFloat64(index * 8, value, true);
    }
  });
  return bytes;
}

describe('stored elements become float32:', () => {
  test.each([
    [0x3c00, 1],
    [0xc000, -2],
    [0x3555, 0.333251953125],
    [0x7bff, 65504],
    [0x0400, 2 ** -14],
    [0x0001, 2 ** -24],
    [0x8000, -0],
    [0xfc00, Number.NEGATIVE_INFINITY],
    [0x7e00, Number.NaN],
  ])('the half %i', (bits, value) => {
    expect(toFloat32('F16', bytesOf([bits], 2))).toEqual(Float32Array.of(value));
  });

  test('a bfloat16 is the upper half of a float32', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true }), (value) => {
        const float = Float32Array.of(value);
        const upper = new Uint32Array(float.buffer)[0]! >>> 16;
        const expected = new Float32Array(Uint32Array.of(upper << 16).buffer);
        expect(toFloat32('BF16', bytesOf([upper], 2))).toEqual(expected);
      }),
    );
  });

  test('a double is rounded', () => {
    expect(toFloat32('F64', bytesOf([0.1, -1e300], 8))).toEqual(
      Float32Array.of(0.1, Number.NEGATIVE_INFINITY),
    );
  });

  test('a float32 is copied, from any place in a buffer', () => {
    const bytes = new Uint8Array(9);
    bytes.set(new Uint8Array(Float32Array.of(1.5, -2).buffer), 1);
    const values = toFloat32('F32', bytes.subarray(1));
    expect(values).toEqual(Float32Array.of(1.5, -2));
    expect(values.buffer).not.toBe(bytes.buffer);
  });

  test('whole numbers are no weights', () => {
    expect(elementBytes('I64')).toBe(8);
    expect(() => toFloat32('I64', new Uint8Array(8))).toThrow(WeightsFileError);
    expect(() => toFloat32('I64', new Uint8Array(8))).toThrow('convert the tensor to float32');
  });
});
