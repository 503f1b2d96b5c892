import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { SharingError } from '../../../multigrid/sharing/share.ts';
import { BadDataError } from '../../data/bad-clips.ts';
import { StorageUnavailableError } from '../../../storage/patience.ts';
import { DiskError } from '../../../storage/trouble.ts';
import { FileWriteError } from '../../../storage/whole-file.ts';
import { VideoRefusedError } from '../../data/clip-reader.ts';
import { VideoListError } from '../../data/video-list.ts';
import { MetricsWriteError } from '../../run-folder/metrics-log.ts';
import { CheckpointWriteError } from '../checkpoints/checkpoint-store.ts';
import { FAILURE_REASONS, failureOf } from './failure-of.ts';

const DOCS = join(import.meta.dirname, '..', '..', '..', 'docs');

describe('a failure', () => {
  test('by bad data is one that no restart helps', () => {
    const error = new BadDataError('no clip could be made', []);
    expect(failureOf(error)).toMatchObject({ reason: 'TooManyBadVideos', retryable: false, exitCode: 65 });
  });

  test('by more workers than a step has clips is not helped by a restart', () => {
    expect(failureOf(new SharingError('9 workers cannot share a batch of 8 clips'))).toMatchObject({
      ...{ reason: 'TooManyWorkers', retryable: false, exitCode: 64 },
    });
  });

  test('that nobody foresaw may be helped by a restart', () => {
    expect(failureOf('gone')).toEqual({
      reason: 'TrainerCrashed',
      retryable: true,
      exitCode: 70,
      message: 'gone',
    });
  });

  test.each([
    ['ENOSPC', 'StorageFull'],
    ['EDQUOT', 'StorageFull'],
    ['EROFS', 'StorageReadOnly'],
    ['EACCES', 'StorageRefused'],
    ['EPERM', 'StorageRefused'],
  ])('by %s of the disk has a reason of its own, whatever was written or read', (code, reason) => {
    const cause = new DiskError(code, `${code}: no`);
    const errors = [
      new CheckpointWriteError('checkpoint', { cause }),
      new MetricsWriteError('metrics', { cause }),
      new VideoRefusedError('/data/v.mp4', cause),
      new VideoListError('/data/train.csv', 'no', { cause }),
      new FileWriteError('/out/model.onnx', cause),
      cause,
    ];
    for (const error of errors) {
      expect(failureOf(error)).toMatchObject({ reason, retryable: false, exitCode: 69 });
    }
  });

  test('by a disk that is away may be helped by a restart, and is never one of the data', () => {
    for (const code of ['EIO', 'ESTALE', 'ENOTCONN', 'ETIMEDOUT', 'EMFILE', 'ENFILE']) {
      const cause = new DiskError(code, code);
      for (const error of [
        new StorageUnavailableError({ doing: 'reading', path: '/data/v.mp4' }, 60_000, cause),
        new VideoListError('/data/train.csv', 'no', { cause }),
        new CheckpointWriteError('checkpoint', { cause }),
      ]) {
        expect(failureOf(error)).toMatchObject({
          reason: 'StorageUnavailable',
          retryable: true,
          exitCode: 75,
        });
      }
    }
  });

  test('has a reason that the docs say what to do about', async () => {
    const docs = await readFile(join(DOCS, 'operator.md'), 'utf8');
    const rows = docs.split('\n').filter((line) => line.startsWith('| `'));
    expect(FAILURE_REASONS.filter((reason) => !rows.some((row) => row.includes(`\`${reason}\``)))).toEqual(
      [],
    );
  });
});
