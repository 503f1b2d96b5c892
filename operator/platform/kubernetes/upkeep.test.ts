import { describe, expect, test } from '@jest/globals';
import { readJob } from '../../../multigrid/api/read-job.ts';
import { makeManifestSpec, makeStoredJob } from '../../../test/support/run/jobs.ts';
import { surroundingsOf } from '../../workers/children.ts';
import type { TrainingJob } from '../platform.ts';
import { keepChild } from './cache/kept-child.ts';
import { Upkeep, type FoundChildren } from './upkeep.ts';

const NOW_MS = 1_000_000;
const KEY = 'video/first';

function job(generation = 1): TrainingJob {
  const stored = makeStoredJob('first', makeManifestSpec());
  return {
    ...stored,
    metadata: { ...stored.metadata, namespace: 'video', uid: 'u-1', generation },
    spec: readJob(stored),
  };
}

/** The cluster's answer to what is wanted: more fields, and no word of the kind. */
function found(change: Readonly<Record<string, object | null>> = {}): FoundChildren {
  const { first, binding } = surroundingsOf(job());
  return Object.fromEntries(
    [...first, binding].map(({ kind, metadata, ...content }) => {
      const served = { ...metadata, resourceVersion: '7', managedFields: [{ manager: 'mgt-controller' }] };
      const changed = change[kind];
      return [
        kind,
        changed === null
          ? null
          : keepChild({ metadata: served, ...content, status: { loadBalancer: {} }, ...changed }),
      ];
    }),
  );
}

const newer = (content: object): object => ({
  metadata: { ...surroundingsOf(job()).binding.metadata, resourceVersion: '8' },
  ...content,
});

describe('what is made around the workers of a job', () => {
  test('is left alone when it is as it was made, whatever the server adds', () => {
    expect(new Upkeep(() => NOW_MS).damageTo(KEY, job(), found())).toBeNull();
  });

  test.each<[string, Readonly<Record<string, object | null>>, string]>([
    ['is missing', { RoleBinding: null }, 'RoleBinding first'],
    ['has lost a right', { Role: newer({ rules: [] }) }, 'Role first'],
    [
      'lets others in',
      { NetworkPolicy: newer({ spec: { podSelector: {}, ingress: [{}] } }) },
      'NetworkPolicy first',
    ],
    [
      'has lost its labels',
      { Service: { metadata: { name: 'first', resourceVersion: '8', labels: {} } } },
      'Service first',
    ],
  ])('is at fault when one of it %s', (_how, change, name) => {
    const damage = new Upkeep(() => NOW_MS).damageTo(KEY, job(), found(change));
    expect(damage).toEqual({ children: [name], mendAtMs: NOW_MS });
  });

  test('is put back at once, and again after a pause: longer where nothing came of it', () => {
    let nowMs = NOW_MS;
    const upkeep = new Upkeep(() => nowMs);
    upkeep.attempted(KEY, job(), found());
    nowMs += 60_000;
    const gone = found({ RoleBinding: null });
    expect(upkeep.damageTo(KEY, job(), gone)?.mendAtMs).toBe(NOW_MS + 10_000);
    upkeep.attempted(KEY, job(), gone);
    expect(upkeep.damageTo(KEY, job(), gone)?.mendAtMs).toBe(nowMs + 60_000);
    const changed = found({ RoleBinding: newer({ subjects: [] }) });
    expect(upkeep.damageTo(KEY, job(), changed)?.mendAtMs).toBe(nowMs + 10_000);
  });

  test('is not at fault for not being in the cache yet when it was only just made', () => {
    const upkeep = new Upkeep(() => NOW_MS);
    const none = Object.fromEntries(Object.keys(found()).map((kind) => [kind, null]));
    upkeep.attempted(KEY, job(), none);
    expect(upkeep.damageTo(KEY, job(), none)?.mendAtMs).toBeGreaterThan(NOW_MS);
    expect(upkeep.damageTo(KEY, job(), found())).toBeNull();
  });

  test('is looked into again when the spec that it is made from has changed', () => {
    const upkeep = new Upkeep(() => NOW_MS);
    expect(upkeep.damageTo(KEY, job(), found())).toBeNull();
    const other = {
      ...job(2),
      spec: { ...job().spec, workers: { ...job().spec.workers, template: { serviceAccountName: 'mine' } } },
    };
    expect(upkeep.damageTo(KEY, other, found())?.children).toEqual(['RoleBinding first']);
  });
});
