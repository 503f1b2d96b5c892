import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { PretrainedFileError, type PretrainedRecord, readPretrained } from './pretrained-file.ts';
import { writeRecord } from './record-file.ts';

const record: PretrainedRecord = {
  path: 'weights.safetensors',
  sha256: 'c0ffee',
  names: 'pyslowfast',
  loaded: 3,
  tensors: 6,
  inflated: ['stem.weight'],
  newHead: ['head.weight'],
  newHeadReason: 'the file has none',
  missing: ['mean of stem.norm'],
  misfits: [{ name: 'lateral0.weight', dims: [4, 2, 5, 1, 1], stored: 'a', storedDims: [4, 2, 7, 1, 1] }],
  unused: ['ema.decay'],
};

const path = join(temporaryFolder(), 'pretrained.json');

test('a run without pretrained weights has no record', async () => {
  expect(await readPretrained(path)).toBeNull();
});

test('a record comes back as it was written', async () => {
  await writeRecord(path, record);
  expect(await readPretrained(path)).toEqual(record);
});

test.each([
  ['no JSON', '{'],
  ['a list', '[]'],
  ['a record without its numbers', JSON.stringify({ ...record, loaded: '3' })],
  ['a record whose names are numbers', JSON.stringify({ ...record, unused: [1] })],
  ['a record with half a misfit', JSON.stringify({ ...record, misfits: [{ name: 'a' }] })],
])('%s is refused with what to do', async (_, text) => {
  await writeFile(path, text);
  await expect(readPretrained(path)).rejects.toThrow(PretrainedFileError);
  await expect(readPretrained(path)).rejects.toThrow('remove it to see the rest of the run');
});
