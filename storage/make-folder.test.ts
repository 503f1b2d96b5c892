import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { temporaryFolder } from '../test/support/temporary-folder.ts';
import { makeFolder, makeFolders } from './make-folder.ts';

describe('folders that need not be there', () => {
  let root: string;

  beforeEach(() => {
    root = temporaryFolder();
  });

  test('are made with those on the way to them, by several at once, too', async () => {
    const path = join(root, 'a/b/c');
    await Promise.all([makeFolders(path), makeFolders(path), makeFolders(join(root, 'a/b/d'))]);
    await makeFolders(path);
    expect((await stat(path)).isDirectory()).toBe(true);
  });

  test('are not made on the way to one that must have its place already', async () => {
    await expect(makeFolder(join(root, 'a/b'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('are refused where a file is in the way', async () => {
    await writeFile(join(root, 'file'), '');
    await expect(makeFolders(join(root, 'file'))).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(makeFolders(join(root, 'file/in/it'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  });
});
