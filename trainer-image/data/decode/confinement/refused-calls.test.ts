import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { filterOf, systemCallsOf } from './refused-calls.ts';

const ALLOW = 0x7fff_0000;
const EACCES = 0x0005_000d;

/** Runs a filter of load, jump and return over one call, as the kernel does. */
function answerOf(filter: Buffer, call: number, architecture: number): number {
  let loaded = 0;
  for (let at = 0; ; at += 8) {
    const code = filter.readUInt16LE(at);
    const value = filter.readUInt32LE(at + 4);
    if (code === 0x06) {
      return value;
    }
    if (code === 0x20) {
      loaded = value === 0 ? call : architecture;
      continue;
    }
    const holds = code === 0x15 ? loaded === value : loaded >= value;
    at += 8 * filter.readUInt8(at + (holds ? 2 : 3));
  }
}

describe.each(['x64', 'arm64'])('the filter of %s', (arch) => {
  const calls = systemCallsOf(arch)!;
  const filter = filterOf(calls);

  test('refuses what it lists and nothing else', () => {
    fc.assert(
      fc.property(fc.oneof(fc.integer({ min: 0, max: 600 }), fc.constantFrom(...calls.refused)), (call) => {
        expect(answerOf(filter, call, calls.auditArch)).toBe(calls.refused.includes(call) ? EACCES : ALLOW);
      }),
      { numRuns: 700 },
    );
  });

  test('refuses every call by another convention', () => {
    fc.assert(
      fc.property(fc.nat(0x3fff_ffff), fc.nat(0xffff_ffff), (call, architecture) => {
        expect(answerOf(filter, call + 0x4000_0000, calls.auditArch)).toBe(EACCES);
        fc.pre(architecture !== calls.auditArch);
        expect(answerOf(filter, call, architecture)).toBe(EACCES);
      }),
    );
  });
});

test('an architecture whose calls are not known has no filter', () => {
  expect(systemCallsOf('riscv64')).toBeNull();
});
