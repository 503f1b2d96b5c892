import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FAILURE_REASONS } from './clip-failure.ts';
import { HEADER_BYTES, readHeader, type ResultHeader, writeHeader } from './protocol.ts';
import { ResultReader } from './result-reader.ts';

const results = fc.array(
  fc.record({
    failure: fc.option(fc.constantFrom(...FAILURE_REASONS)),
    isCacheHit: fc.boolean(),
    micros: fc.nat(),
    payload: fc.uint8Array({ maxLength: 50 }),
    isWanted: fc.boolean(),
  }),
  { maxLength: 8 },
);

describe('ResultReader', () => {
  test('gives back every header and payload, however the bytes are cut', () => {
    fc.assert(
      fc.property(results, fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (sent, cuts) => {
        const stream = Buffer.concat(
          sent.map(({ payload, ...header }) => {
            const bytes = new Uint8Array(HEADER_BYTES + payload.length);
            writeHeader(bytes, { ...header, length: payload.length });
            bytes.set(payload, HEADER_BYTES);
            return bytes;
          }),
        );
        const got: { header: ResultHeader; payload: Uint8Array | null }[] = [];
        let target: Uint8Array | null = null;
        const reader = new ResultReader({
          begin: (header) => {
            target = sent[got.length]!.isWanted ? new Uint8Array(header.length) : null;
            return target;
          },
          end: (header) => got.push({ header, payload: target }),
        });
        for (let offset = 0, cut = 0; offset < stream.length; cut += 1) {
          const size = cuts[cut % cuts.length]!;
          reader.push(stream.subarray(offset, offset + size));
          offset += size;
        }
        expect(got.map(({ header }) => header)).toEqual(
          sent.map(({ failure, isCacheHit, micros, payload }) => ({
            failure,
            isCacheHit,
            micros,
            length: payload.length,
          })),
        );
        got.forEach(({ payload }, index) => {
          const { isWanted, payload: wanted } = sent[index]!;
          expect(payload === null ? null : [...payload]).toEqual(isWanted ? [...wanted] : null);
        });
      }),
    );
  });

  test('a header survives being written and read', () => {
    const header = { failure: 'CRASHED', isCacheHit: true, micros: 4_000_000_000, length: 1 } as const;
    const bytes = new Uint8Array(HEADER_BYTES);
    writeHeader(bytes, header);
    expect(readHeader(bytes)).toEqual(header);
  });
});
