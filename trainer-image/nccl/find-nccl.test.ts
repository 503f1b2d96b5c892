/** Where NCCL is, on whatever machine the tests run on. The real library is tried by `npm run install:nccl`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { findNccl } from './find-nccl.ts';

const folder = temporaryFolder();

describe('NCCL', () => {
  test('that is not where the setting says is missing, and how to get it is said', () => {
    expect(findNccl('/nowhere/libnccl.so.2')).toEqual({
      isFound: false,
      reason: expect.stringMatching(/^\/nowhere\/libnccl\.so\.2 cannot be loaded .*`npm run install:nccl`/),
    });
  });

  test('is no library of another kind', () => {
    expect(findNccl('libc.so.6')).toEqual({
      isFound: false,
      reason: expect.stringMatching(/^libc\.so\.6 is not an NCCL that can be used: .*ncclGetVersion/),
    });
    const text = join(folder, 'text.so');
    writeFileSync(text, 'a text, not a library');
    expect(findNccl(text).isFound).toBe(false);
  });
});
