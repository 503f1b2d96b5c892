import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { ModelProtoSchema, TensorProto_DataLocation } from 'onnx-buf';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { readNetworkRecord } from '../../run-folder/network-file.ts';
import { ResumeMismatchError } from '../errors.ts';
import { recordNetworkFile } from './own-network-record.ts';

/** A graph of nothing but tensors in other files: records look no further. */
function modelWith(locations: readonly string[]): Uint8Array {
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      graph: {
        initializer: locations.map((location) => ({
          name: location,
          dataLocation: TensorProto_DataLocation.EXTERNAL,
          externalData: [{ key: 'location', value: location }],
        })),
      },
    }),
  );
}

describe('the record of a network file', () => {
  let folder: string;
  let path: string;
  let recordPath: string;

  beforeEach(async () => {
    folder = temporaryFolder();
    path = join(folder, 'net.onnx');
    recordPath = join(folder, 'network.json');
    await writeFile(path, modelWith(['b.data', 'a.data', 'b.data']));
    await writeFile(join(folder, 'a.data'), 'a');
    await writeFile(join(folder, 'b.data'), 'b');
    await recordNetworkFile(path, { recordPath, isResumed: false, isWriter: true });
  });

  test('has the hash of the file and of those that hold its tensors, each once', async () => {
    const record = await readNetworkRecord(recordPath);
    expect(record?.path).toBe(path);
    expect(record?.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(record?.external.map(({ location }) => location)).toEqual(['a.data', 'b.data']);
    expect(record?.external[0]?.sha256).not.toBe(record?.external[1]?.sha256);
  });

  test('lets a training go on with the same files', async () => {
    const before = await readNetworkRecord(recordPath);
    await recordNetworkFile(path, { recordPath, isResumed: true, isWriter: true });
    expect(await readNetworkRecord(recordPath)).toEqual(before);
  });

  test.each([
    ['net.onnx', modelWith(['a.data', 'b.data'])],
    ['b.data', 'other numbers'],
  ])('does not let it go on when %s is another file, and names it', async (name, content) => {
    await writeFile(join(folder, name), content);
    const goingOn = recordNetworkFile(path, { recordPath, isResumed: true, isWriter: true });
    await expect(goingOn).rejects.toThrow(ResumeMismatchError);
    await expect(goingOn).rejects.toThrow(join(folder, name));
    await recordNetworkFile(path, { recordPath, isResumed: false, isWriter: true });
  });

  describe('of a worker that is not the first', () => {
    const isWriter = false;

    test('is left as it is, also when it is of a training before', async () => {
      const before = await readFile(recordPath, 'utf8');
      await recordNetworkFile(path, { recordPath, isResumed: true, isWriter });
      await writeFile(join(folder, 'b.data'), 'other numbers');
      await recordNetworkFile(path, { recordPath, isResumed: false, isWriter });
      expect(await readFile(recordPath, 'utf8')).toBe(before);
    });

    test('is not made where the first has not made it yet', async () => {
      await rm(recordPath);
      await recordNetworkFile(path, { recordPath, isResumed: false, isWriter });
      await recordNetworkFile(path, { recordPath, isResumed: true, isWriter });
      expect(await readdir(folder)).not.toContain('network.json');
    });

    test('keeps it from going on with another file', async () => {
      await writeFile(join(folder, 'b.data'), 'other numbers');
      const goingOn = recordNetworkFile(path, { recordPath, isResumed: true, isWriter });
      await expect(goingOn).rejects.toThrow(ResumeMismatchError);
    });
  });
});
