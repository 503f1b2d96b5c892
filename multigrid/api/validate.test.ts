/**
 * Validation against the table of bad manifests that an API server gets as well, and against the CRD's own rules: no
 * CEL rule without its twin, no field error without its place.
 */
import { describe, expect, test } from '@jest/globals';
import { BAD_MANIFESTS as TABLE, changed } from '../../test/support/bad-manifests.ts';
import { CEL_MESSAGES } from './schema.gen.ts';
import { validateJob } from './validate.ts';

/** Rules about a change of an object, which one manifest alone cannot break. */
const TRANSITIONS = [
  'managedBy cannot change',
  'model, data, recipe, multigrid and workers.processesPerWorker cannot change once the job has a plan; create a new job instead',
];

function errorsOf(job: unknown): readonly { readonly path: string; readonly message: string }[] {
  const validation = validateJob(job);
  return validation.ok ? [] : validation.errors;
}

test('the manifest that the bad ones are made from is legal', () => {
  expect(errorsOf(TABLE.base)).toEqual([]);
});

describe('a manifest is refused with its field and what to write instead:', () => {
  test.each(TABLE.cases)('$name', ({ path, says, ...change }) => {
    const errors = errorsOf(changed(TABLE.base, change));
    expect(errors.map((error) => error.path)).toContain(path);
    expect(errors.find((error) => error.path === path)?.message).toContain(says);
  });
});

test('every rule of the CRD has a twin that is tried above', () => {
  const tried = TABLE.cases.filter(({ rule }) => rule === true).map(({ says }) => says);
  expect([...new Set([...tried, ...TRANSITIONS])].toSorted()).toEqual(CEL_MESSAGES.toSorted());
});

test('all errors come at once, rules of sound sections included', () => {
  const job = changed(TABLE.base, {
    set: { 'spec.model.name': 'slow', 'spec.data.jitterScales': [76, 66], 'spec.recipe.stride': 0 },
  });
  expect(errorsOf(job).map(({ path }) => path)).toEqual([
    'spec.model.name',
    'spec.recipe.stride',
    'spec.data.jitterScales',
  ]);
});

test('anything at all gets an answer', () => {
  for (const value of [null, undefined, 3, 'text', [], { spec: null }, { spec: { model: [] } }]) {
    expect(validateJob(value).ok).toBe(false);
  }
});

test('validation fills in defaults and leaves its input alone', () => {
  const before = JSON.stringify(TABLE.base);
  const validation = validateJob(TABLE.base);
  expect(JSON.stringify(TABLE.base)).toBe(before);
  expect(validation).toMatchObject({ ok: true, job: { spec: { multigrid: { epochFactor: '1.5' } } } });
});

test('parts that a YAML alias shares are filled in apart', () => {
  const off = { enabled: false };
  const job = changed(TABLE.base, { set: { 'spec.multigrid': { longCycle: off, shortCycle: off } } });
  expect(errorsOf(job)).toEqual([]);
  expect(off).toEqual({ enabled: false });
});

test('an object that contains itself is refused', () => {
  const job: Record<string, unknown> = {};
  job['spec'] = job;
  expect(errorsOf(job)[0]?.message).toContain('does not refer to itself');
});
