import { truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { temporaryFolder } from './temporary-folder.ts';
import { completeSmallVideos, putSmallVideos } from './small-videos.ts';

test('every folder gets whole videos of its own, whatever was done to those of another', async () => {
  const folder = temporaryFolder();
  const [first, second] = [join(folder, 'first'), join(folder, 'second')];
  await putSmallVideos(first);
  await truncate(join(first, 'videos/train/0-left/0000.mp4'), 10);
  await putSmallVideos(second);
  expect(await completeSmallVideos(second)).toBe(0);
  expect(await completeSmallVideos(first)).toBe(1);
});
