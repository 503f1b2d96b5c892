/** Which checkpoint is the newest. */
import { expect, test } from '@jest/globals';
import { newestManifest } from './checkpoint-names.ts';

test('the newest checkpoint is the last that is whole: tensors alone and unfinished files are none', () => {
  const whole = ['iteration-00000020.json', 'iteration-00000020.safetensors', 'iteration-00000003.json'];
  expect(newestManifest(whole)).toBe('iteration-00000020.json');
  const leftovers = ['iteration-00000030.safetensors', 'iteration-00000030.json.part', 'notes.json'];
  expect(newestManifest([...leftovers, ...whole])).toBe('iteration-00000020.json');
  expect(newestManifest(leftovers)).toBeNull();
});
