/** Reading manifests as text: every error has its line, and odd texts get a plain answer. */
import { describe, expect, test } from '@jest/globals';
import { readManifest } from './manifest.ts';

const LEGAL = `apiVersion: training.multigrid.dev/v1alpha1
kind: MultigridTrainingJob
metadata:
  name: job
spec:
  model: { name: slowfast-small, numClasses: 16 }
  data:
    train: train.csv
    val: val.csv
    jitterScales: [66, 76]
  recipe:
    frames: 16
    stride: 2
    cropSize: 64
    batchSize: 8
    epochs: 20
    steps: [0, 12, 17]
    learningRate: "0.05"
`;

function errorsOf(text: string): readonly { readonly line: number; readonly message: string }[] {
  const reading = readManifest(text);
  return reading.ok ? [] : reading.errors;
}

test('a legal manifest gives the job and its filled spec', () => {
  const reading = readManifest(LEGAL);
  expect(reading).toMatchObject({
    ok: true,
    job: { metadata: { name: 'job' } },
    spec: { recipe: { learningRate: 0.05 }, multigrid: { longCycle: null } },
  });
});

describe('an error names its line:', () => {
  test.each([
    { name: 'a wrong value', from: 'stride: 2', to: 'stride: 0', line: 13 },
    { name: 'a value in a list', from: '[0, 12, 17]', to: '[0, 12, -17]', line: 17 },
    { name: 'an unknown field', from: 'stride: 2', to: 'strid: 2', line: 13 },
    { name: 'a field in braces', from: 'numClasses: 16', to: 'numClasses: 1', line: 6 },
    { name: 'a field twice', from: 'stride: 2', to: 'frames: 8', line: 13 },
    { name: 'a tab', from: '    stride', to: '\tstride', line: 13 },
    { name: 'a string that does not end', from: '"0.05"', to: '"0.05', line: 19 },
    { name: 'an unknown tag', from: 'stride: 2', to: 'stride: !!frames 2', line: 13 },
  ])('$name', ({ from, to, line }) => {
    expect(errorsOf(LEGAL.replace(from, to)).map((error) => error.line)).toContain(line);
  });

  test('a missing field, by the part that it is missing from', () => {
    const errors = errorsOf(LEGAL.replace('    frames: 16\n', ''));
    expect(errors).toEqual([{ path: 'spec.recipe.frames', message: 'is required', line: 11 }]);
  });
});

describe('a text that is no manifest is refused:', () => {
  test.each([
    { name: 'nothing', text: '', says: 'is empty' },
    { name: 'a comment', text: '# soon\n', says: 'is empty' },
    { name: 'two jobs', text: `${LEGAL}---\n${LEGAL}`, says: 'several documents' },
    { name: 'a sentence', text: 'train it', says: 'must be a group of fields' },
    { name: 'a list', text: '- a\n- b\n', says: 'must be a group of fields' },
    { name: 'JSON that ends early', text: '{"spec": {', says: 'is not valid YAML' },
  ])('$name', ({ text, says }) => {
    expect(errorsOf(text).some(({ message }) => message.includes(says))).toBe(true);
  });

  test('aliases that multiply without end', () => {
    const levels = Array.from(
      { length: 12 },
      (_, level) => `a${level + 1}: &a${level + 1} [*a${level}, *a${level}, *a${level}]`,
    );
    const errors = errorsOf(['a0: &a0 [x, x, x]', ...levels].join('\n'));
    expect(errors[0]?.message).toContain('cannot be read');
  });
});

test('several documents are refused at the line of the second', () => {
  expect(errorsOf(`${LEGAL}---\n${LEGAL}`)[0]?.line).toBe(LEGAL.split('\n').length + 1);
});

test('JSON is YAML, so a JSON manifest is read too', () => {
  const reading = readManifest(LEGAL);
  expect(reading.ok && readManifest(JSON.stringify(reading.job)).ok).toBe(true);
});
