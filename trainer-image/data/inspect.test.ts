import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { AV_LOG_QUIET } from 'node-av/constants';
import { Log } from 'node-av/lib';
import { NUMBERED_SIDE, writeNumberedVideo } from '../../test/support/numbered-video.ts';
import { videoFacts } from './inspect.ts';

test('tells size, length and rate of a video, and why a file is none', async () => {
  Log.setLevel(AV_LOG_QUIET);
  const folder = await mkdtemp(join(tmpdir(), 'inspect-'));
  try {
    const path = join(folder, 'a: b.mp4');
    await writeNumberedVideo(path, { frames: 36, fps: 24 });
    expect(videoFacts(path)).toEqual({
      width: NUMBERED_SIDE,
      height: NUMBERED_SIDE,
      frames: 36,
      fps: 24,
      durationSeconds: 1.5,
    });
    await writeFile(path, 'text');
    expect(() => videoFacts(path)).toThrow(expect.objectContaining({ reason: 'UNREADABLE' }));
  } finally {
    await rm(folder, { recursive: true });
  }
});
