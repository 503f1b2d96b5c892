/** Where NCCL is, on whatever machine the tests run on; with the real library, where there is one, that it is what we think. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { OLDEST_VERSION, UNIQUE_ID_BYTES, versionText } from './abi.ts';
import { findNccl, NCCL_FILE, NCCL_FOLDER, NCCL_VERSION } from './find-nccl.ts';

const folder = temporaryFolder();
const found = findNccl();

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

(found.isFound ? describe : describe.skip)('the real NCCL', () => {
  test('has every function that is used, and says its version without a GPU', () => {
    const version = found.isFound ? found.version : 0;
    expect(version).toBeGreaterThanOrEqual(OLDEST_VERSION);
    if (existsSync(join(NCCL_FOLDER, NCCL_FILE))) {
      expect(versionText(version)).toBe(NCCL_VERSION);
    }
  });

  test('makes unique ids without a GPU', async () => {
    const ids = found.isFound ? [await found.nccl.uniqueId(), await found.nccl.uniqueId()] : [];
    expect(ids.map((id) => id.length)).toEqual([UNIQUE_ID_BYTES, UNIQUE_ID_BYTES]);
    expect(ids[0]).not.toEqual(ids[1]);
  });
});
