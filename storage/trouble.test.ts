import { constants } from 'node:os';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DiskError, errorName, isMissing, systemErrorName, troubleOf } from './trouble.ts';

/** As Node throws it: without a name where its library has none. */
function nodeError(errno: number, code: string): Error {
  return Object.assign(new Error('open'), { errno: -errno, code, syscall: 'open' });
}

describe('troubleOf', () => {
  test.each(['EIO', 'ESTALE', 'ENOTCONN', 'ETIMEDOUT', 'EMFILE', 'ENFILE', 'EAGAIN', 'EINTR', 'EBUSY'])(
    '%s passes',
    (name) => {
      expect(troubleOf(new DiskError(name, 'x'))).toBe('passing');
    },
  );

  test.each(['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM'])('%s lasts', (name) => {
    expect(troubleOf(new DiskError(name, 'x'))).toBe('lasting');
  });

  test.each(['ENOENT', 'EISDIR', 'EINVAL', 'ENAMETOOLONG'])('%s is no trouble of the disk', (name) => {
    expect(troubleOf(new DiskError(name, 'x'))).toBeNull();
  });

  test('knows errors by their number that Node has no name for', () => {
    const stale = nodeError(constants.errno.ESTALE, 'Unknown system error -116');
    const quota = nodeError(constants.errno.EDQUOT, 'Unknown system error -122');
    expect([systemErrorName(stale), troubleOf(stale)]).toEqual(['ESTALE', 'passing']);
    expect([systemErrorName(quota), troubleOf(quota)]).toEqual(['EDQUOT', 'lasting']);
  });

  test('finds what an error was caused by, however deep', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 6 }), (depth) => {
        let error: Error = nodeError(constants.errno.EIO, 'EIO');
        for (let level = 0; level < depth; level += 1) {
          error = new Error(`level ${level}`, { cause: error });
        }
        expect(troubleOf(error)).toBe('passing');
      }),
    );
  });

  test('says nothing about errors of other kinds', () => {
    for (const thrown of [new Error('x'), 'EIO', null, undefined, { code: 'ERR_INVALID_ARG_TYPE' }]) {
      expect(troubleOf(thrown)).toBeNull();
    }
  });

  test('takes numbers of either sign, and none that are not of the system', () => {
    expect(errorName(-constants.errno.EIO)).toBe('EIO');
    expect(errorName(constants.errno.EAGAIN)).toBe('EAGAIN');
    expect(errorName(-1_094_995_529)).toBeNull();
  });
});

test('a missing file is one that is not there, or whose folder is none', () => {
  expect(['ENOENT', 'ENOTDIR', 'EIO'].map((name) => isMissing(new DiskError(name, 'x')))).toEqual([
    true,
    true,
    false,
  ]);
});
