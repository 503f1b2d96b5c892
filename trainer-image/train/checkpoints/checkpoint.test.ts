import { execFileSync } from 'node:child_process';
import { readdir, readFile, rm, writeFile, mkdir, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { checkpointAt } from '../../../test/support/sample-checkpoint.ts';
import type { JobIdentity } from '../../../multigrid/object/job-identity.ts';
import { decodeTensorFile, encodeTensorFile } from '../../weights/safetensors.ts';
import { WeightsFileError } from '../../weights/weights-error.ts';
import { decodeCheckpoint, encodeCheckpoint } from './checkpoint.ts';
import { CheckpointReadError, CheckpointStore, CheckpointWriteError } from './checkpoint-store.ts';
import { OutputOfAnotherJobError } from './output-owner.ts';

const FIRST: JobIdentity = { namespace: 'team-a', name: 'train', uid: 'a-1' };
/** The first one was deleted, and another was created under its name. */
const SECOND: JobIdentity = { ...FIRST, uid: 'a-2' };
const ELSEWHERE: JobIdentity = { ...FIRST, namespace: 'team-b', uid: 'b-1' };

describe('a checkpoint as bytes', () => {
  test('comes back as it was', () => {
    const checkpoint = checkpointAt(12);
    expect(decodeCheckpoint(encodeCheckpoint(checkpoint, FIRST))).toEqual({ ...checkpoint, job: FIRST });
  });

  test('cut off anywhere is an error, never a wrong checkpoint', () => {
    const bytes = encodeCheckpoint(checkpointAt(3), FIRST);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: bytes.length - 1 }), (length) => {
        expect(() => decodeCheckpoint(bytes.subarray(0, length))).toThrow(WeightsFileError);
      }),
    );
  });

  test('random tensors survive the file format', () => {
    fc.assert(
      fc.property(fc.array(fc.float32Array({ maxLength: 9 }), { maxLength: 5 }), (arrays) => {
        const tensors = arrays.map((data, i) => ({ name: `t${i}`, dims: [data.length], data }));
        const file = decodeTensorFile(encodeTensorFile(tensors, { note: 'ä' }));
        expect(file.metadata).toEqual({ note: 'ä' });
        expect([...file.tensors.values()]).toEqual(tensors);
      }),
    );
  });
});

describe('the checkpoint store', () => {
  let folder = '';

  beforeEach(() => {
    folder = temporaryFolder();
  });

  test('gives back the newest checkpoint and keeps only as many as it was told to', async () => {
    const store = new CheckpointStore(folder, 2);
    for (const iteration of [10, 20, 30]) {
      await store.write(checkpointAt(iteration));
    }
    const found = await store.newest();
    expect(found?.checkpoint).toEqual({ ...checkpointAt(30), job: null });
    expect(found?.skipped).toEqual([]);
    expect((await readdir(join(folder, 'checkpoints'))).sort()).toEqual([
      'iteration-00000020.json',
      'iteration-00000020.safetensors',
      'iteration-00000030.json',
      'iteration-00000030.safetensors',
    ]);
  });

  test('an empty folder has no checkpoint', async () => {
    expect(await new CheckpointStore(folder, 3).newest()).toBeNull();
  });

  test('a damaged newest checkpoint is passed over for the one before, and named', async () => {
    const store = new CheckpointStore(folder, 3);
    await store.write(checkpointAt(10));
    const { path } = await store.write(checkpointAt(20));
    const bytes = await readFile(join(folder, path));
    bytes[bytes.length - 3] = bytes[bytes.length - 3]! ^ 1;
    await writeFile(join(folder, path), bytes);
    const found = await store.newest();
    expect(found?.reference.iteration).toBe(10);
    expect(found?.skipped).toEqual([{ path, reason: 'its hash is not the one it was written with' }]);
  });

  test('a checkpoint that is only damaged at the first look is taken', async () => {
    const { path } = await new CheckpointStore(folder, 3).write(checkpointAt(20));
    const bytes = await readFile(join(folder, path));
    await writeFile(join(folder, path), bytes.subarray(0, bytes.length / 2));
    const store = new CheckpointStore(folder, 3, null, {
      beforeSecondLook: () => writeFile(join(folder, path), bytes),
    });
    expect(await store.newest()).toMatchObject({ reference: { iteration: 20 }, skipped: [] });
  });

  test('a checkpoint whose manifest never came into place does not exist', async () => {
    const store = new CheckpointStore(folder, 3);
    await store.write(checkpointAt(10));
    await writeFile(join(folder, 'checkpoints', 'iteration-00000020.safetensors'), 'half');
    await writeFile(join(folder, 'checkpoints', 'iteration-00000020.json.part'), '{');
    expect((await store.newest())?.reference.iteration).toBe(10);
  });

  test('when every checkpoint is damaged the run does not silently start anew', async () => {
    const store = new CheckpointStore(folder, 3);
    const { path } = await store.write(checkpointAt(10));
    await truncate(join(folder, path), 20);
    await expect(store.newest()).rejects.toThrow(CheckpointReadError);
  });

  test('of another job is passed over, whatever its number, and an own one is gone on with', async () => {
    await new CheckpointStore(folder, 3, { job: FIRST, adopt: 'Never' }).write(checkpointAt(30));
    const own = new CheckpointStore(folder, 3, { job: SECOND, adopt: 'Never' });
    await expect(own.newest()).rejects.toThrow('holds the run of job team-a/train (uid a-1)');
    await expect(own.newest()).rejects.toBeInstanceOf(OutputOfAnotherJobError);
    await own.write(checkpointAt(20));
    expect(await own.newest()).toMatchObject({
      reference: { iteration: 20 },
      skipped: [{ reason: 'it is of job team-a/train (uid a-1)' }],
    });
  });

  test('of an earlier job of the same name is gone on with when the manifest says so, of another namespace never', async () => {
    await new CheckpointStore(folder, 3, { job: FIRST, adopt: 'Never' }).write(checkpointAt(30));
    const second = new CheckpointStore(folder, 3, { job: SECOND, adopt: 'SameName' });
    expect((await second.newest())?.reference.iteration).toBe(30);
    const elsewhere = new CheckpointStore(folder, 3, { job: ELSEWHERE, adopt: 'SameName' });
    await expect(elsewhere.newest()).rejects.toBeInstanceOf(OutputOfAnotherJobError);
  });

  test('stays although newer ones lie there that are not gone on with', async () => {
    const theirs = new CheckpointStore(folder, 3, { job: FIRST, adopt: 'Never' });
    for (const iteration of [30, 40, 50]) {
      await theirs.write(checkpointAt(iteration));
    }
    const own = new CheckpointStore(folder, 1, { job: SECOND, adopt: 'Never' });
    await own.write(checkpointAt(10));
    await own.write(checkpointAt(20));
    expect((await own.newest())?.reference.iteration).toBe(20);
    expect((await theirs.newest())?.reference.iteration).toBe(50);
    expect(await readdir(join(folder, 'checkpoints'))).not.toContain('iteration-00000010.json');
  });

  test('of a version that did not name its job is gone on with in the folder of the job', async () => {
    await new CheckpointStore(folder, 3).write(checkpointAt(30));
    const own = new CheckpointStore(folder, 3, { job: FIRST, adopt: 'Never' });
    expect((await own.newest())?.reference.iteration).toBe(30);
  });

  test('removes what killed writes have left, and nothing else', async () => {
    const store = new CheckpointStore(folder, 3);
    await store.write(checkpointAt(10));
    const left = ['iteration-00000020.safetensors', 'iteration-00000030.json.part', 'other.part'];
    for (const name of left) {
      await writeFile(join(folder, 'checkpoints', name), 'half');
    }
    await writeFile(join(folder, 'checkpoints', 'notes.txt'), 'a person wrote this');
    await new CheckpointStore(folder, 3).removeLeftovers();
    expect((await readdir(join(folder, 'checkpoints'))).sort()).toEqual([
      'iteration-00000010.json',
      'iteration-00000010.safetensors',
      'notes.txt',
    ]);
  });

  test('an old checkpoint that cannot be removed is worth one warning, and no failure', async () => {
    const warnings: string[] = [];
    const store = new CheckpointStore(folder, 1, null, { onWarning: (message) => warnings.push(message) });
    await store.write(checkpointAt(10));
    // A folder of this name cannot be unlinked.
    await rm(join(folder, 'checkpoints/iteration-00000010.safetensors'));
    await mkdir(join(folder, 'checkpoints/iteration-00000010.safetensors'));
    for (const iteration of [20, 30]) {
      expect((await store.write(checkpointAt(iteration))).iteration).toBe(iteration);
    }
    expect(warnings).toEqual(['old checkpoints cannot be removed']);
    expect((await store.newest())?.reference.iteration).toBe(30);
  });

  const isRoot = process.getuid?.() === 0;
  (isRoot ? test : test.skip)(
    'a full disk is a clear error, and the checkpoint before stays whole',
    async () => {
      const disk = join(folder, 'disk');
      await mkdir(disk);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]);
      try {
        const store = new CheckpointStore(disk, 3);
        await store.write(checkpointAt(10));
        const large = checkpointAt(20);
        const data = new Float32Array(64 * 1024);
        const parameters = new Map([['big', { name: 'big', dims: [data.length], data }]]);
        const failed = store.write({ ...large, parameters });
        await expect(failed).rejects.toThrow(CheckpointWriteError);
        await expect(failed).rejects.toThrow('ENOSPC');
        // What a killed write has left makes room for a checkpoint that fits.
        await writeFile(join(disk, 'checkpoints/iteration-00000015.safetensors'), new Uint8Array(40_000));
        await writeFile(join(disk, 'checkpoints/filler'), new Uint8Array(12_000));
        const fitting = new Map([['fits', { name: 'fits', dims: [5000], data: new Float32Array(5000) }]]);
        await store.write({ ...checkpointAt(12), parameters: fitting });
        await rm(join(disk, 'checkpoints/iteration-00000012.json'));
        expect((await store.newest())?.checkpoint).toEqual({ ...checkpointAt(10), job: null });
        expect((await readdir(join(disk, 'checkpoints'))).filter((name) => name.endsWith('.part'))).toEqual(
          [],
        );
      } finally {
        execFileSync('umount', [disk]);
      }
    },
  );
});
