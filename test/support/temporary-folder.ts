/**
 * Folders for tests. In: nothing. Out: a fresh, empty folder, which is removed when the tests of the file have ended.
 */
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';

const made: string[] = [];

afterAll(async () => {
  for (const folder of made) {
    await rm(folder, { recursive: true, force: true });
  }
});

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'multigrid-test-'));
  made.push(folder);
  return folder;
}
