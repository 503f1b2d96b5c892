/** Files on the disk: what is opened, what is refused before anything is read, and that reading is piece by piece. */
import { execFileSync } from 'node:child_process';
import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { encodeCheckpoint } from '../train/checkpoints/checkpoint.ts';
import { openWeights } from './open-weights.ts';
import { encodeTensorFile } from './safetensors.ts';
import { WeightsFileError } from './weights-error.ts';

const folder = temporaryFolder();

async function fileOf(name: string, bytes: Uint8Array | string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

const TENSORS = [
  { name: 'a', dims: [2, 2], data: Float32Array.of(1, 2, 3, 4) },
  { name: 'b', dims: [], data: Float32Array.of(5) },
];

test('a safetensors file is read tensor by tensor', async () => {
  const path = await fileOf('sound.safetensors', encodeTensorFile(TENSORS, {}));
  const source = await openWeights(path, 'safetensors');
  expect([...source.tensors.values()].map(({ name, dims }) => [name, dims])).toEqual([
    ['a', [2, 2]],
    ['b', []],
  ]);
  expect(await source.read('b')).toEqual(Float32Array.of(5));
  expect(await source.read('a')).toEqual(TENSORS[0]!.data);
  await source.close();
});

test('half precision comes out as float32', async () => {
  const header = JSON.stringify({ a: { dtype: 'F16', shape: [2], data_offsets: [0, 4] } });
  const bytes = Buffer.alloc(8 + header.length + 4);
  bytes.writeBigUInt64LE(BigInt(header.length));
  bytes.write(header, 8);
  bytes.writeUInt16LE(0x3c00, 8 + header.length);
  bytes.writeUInt16LE(0xc000, 8 + header.length + 2);
  const source = await openWeights(await fileOf('half.safetensors', bytes), 'safetensors');
  expect(await source.read('a')).toEqual(Float32Array.of(1, -2));
  await source.close();
});

test('a checkpoint gives its parameters and the aggregate of its statistics', async () => {
  const array = (name: string) => ({ name, dims: [2], data: Float32Array.of(1, 2) });
  const bytes = encodeCheckpoint(
    {
      place: {
        planHash: 'abc',
        iteration: 1,
        epoch: 0,
        iterationInEpoch: 1,
        shortCycleIndex: 0,
        isBorderPending: false,
        seed: 0,
        worldSize: 1,
        lossScale: null,
        skippedSteps: 0,
        seconds: 1,
      },
      parameters: new Map([['stem.weight', array('stem.weight')]]),
      slots: new Map([['momentum', new Map([['stem.weight', array('stem.weight')]])]]),
      statistics: new Map([
        ['stem.norm', { groups: 2, mean: Float32Array.of(1, 3), variance: Float32Array.of(2, 4) }],
      ]),
    },
    null,
  );
  const source = await openWeights(await fileOf('checkpoint.safetensors', bytes), 'safetensors');
  expect([...source.tensors.keys()]).toEqual(['stem.weight', 'stem.norm.mean', 'stem.norm.variance']);
  expect(await source.read('stem.norm.mean')).toEqual(Float32Array.of(2));
  expect(await source.read('stem.norm.variance')).toEqual(Float32Array.of(4));
  await source.close();
});

describe('refused before a value is read:', () => {
  test.each([
    [
      'a zip archive of torch.save',
      'weights.safetensors',
      Uint8Array.of(0x50, 0x4b, 3, 4, 20),
      'convert-weights.py',
    ],
    ['a bare pickle', 'weights.bin', Uint8Array.of(0x80, 2, 0x7d), 'convert-weights.py'],
    [
      'a file called .pyth',
      'slowfast.pyth',
      'anything',
      'can run code when it is read, so it is never read here',
    ],
    ['an empty file', 'empty.safetensors', '', 'the file has 0 bytes'],
    ['a file of text', 'notes.safetensors', 'these are my notes on weights', 'not a safetensors file'],
  ])('%s', async (_, name, bytes, message) => {
    const opening = openWeights(await fileOf(name, bytes), 'safetensors');
    await expect(opening).rejects.toThrow(WeightsFileError);
    await expect(opening).rejects.toThrow(message);
  });

  test('a file that is not there', async () => {
    await expect(openWeights(join(folder, 'nothing'), 'safetensors')).rejects.toThrow('does not exist');
  });

  test('a folder', async () => {
    await expect(openWeights(folder, 'safetensors')).rejects.toThrow('it is not a regular file');
  });

  test('a pipe, without waiting for its other end', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    await expect(openWeights(pipe, 'safetensors')).rejects.toThrow('it is not a regular file');
  });

  test('a file that was cut off while it was copied', async () => {
    const path = await fileOf('cut.safetensors', encodeTensorFile(TENSORS, {}));
    await truncate(path, 200);
    await expect(openWeights(path, 'safetensors')).rejects.toThrow('cut off');
  });
});

test('a file that shrinks while it is read is an error, not a wrong weight', async () => {
  const path = await fileOf('shrinking.safetensors', encodeTensorFile(TENSORS, {}));
  const source = await openWeights(path, 'safetensors');
  await truncate(path, 160);
  await expect(source.read('b')).rejects.toThrow('the file ended at byte');
  await source.close();
});
