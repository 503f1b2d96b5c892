import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { temporaryFolder } from '../test/support/temporary-folder.ts';
import { KnownFolders } from './known-folders.ts';

describe('KnownFolders', () => {
  let root: string;
  let folders: KnownFolders;

  beforeEach(async () => {
    root = temporaryFolder();
    await mkdir(join(root, 'data/class-a'), { recursive: true });
    await mkdir(join(root, 'data/class-b'));
    await writeFile(join(root, 'data/class-a/0.mp4'), '');
    folders = new KnownFolders();
  });

  test('a file that is missing among others is just that', async () => {
    folders.saw(join(root, 'data/class-a/0.mp4'));
    expect(await folders.hasVanished(join(root, 'data/class-a/1.mp4'))).toBe(false);
  });

  test('a folder that was there and is gone has vanished, and so has all below it', async () => {
    folders.saw(join(root, 'data/class-a/0.mp4'));
    await rename(join(root, 'data'), join(root, 'away'));
    expect(await folders.hasVanished(join(root, 'data/class-a/0.mp4'))).toBe(true);
    expect(await folders.hasVanished(join(root, 'data/class-b/0.mp4'))).toBe(true);
    await rename(join(root, 'away'), join(root, 'data'));
    expect(await folders.hasVanished(join(root, 'data/class-a/1.mp4'))).toBe(false);
  });

  test('a folder that nobody has seen is a wrong path', async () => {
    folders.saw(join(root, 'data/class-a/0.mp4'));
    expect(await folders.hasVanished(join(root, 'data/class-c/0.mp4'))).toBe(false);
    expect(await new KnownFolders().hasVanished(join(root, 'nowhere/0.mp4'))).toBe(false);
  });

  test('an empty folder where files were is what a mount leaves behind', async () => {
    folders.saw(join(root, 'data/class-a/0.mp4'));
    await rm(join(root, 'data'), { recursive: true });
    await mkdir(join(root, 'data'));
    expect(await folders.hasVanished(join(root, 'data/class-a/0.mp4'))).toBe(true);
    expect(await folders.hasVanished(join(root, 'data/class-b/0.mp4'))).toBe(true);
  });
});
