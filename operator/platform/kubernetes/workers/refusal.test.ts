import { describe, expect, test } from '@jest/globals';
import { refusalOf } from './refusal.ts';

describe('a refusal by the API server', () => {
  test.each([
    ['exceeded quota: little, requested: pods=1, used: pods=0, limited: pods=0', 'QuotaExceeded'],
    ['violates PodSecurity "restricted:latest": runAsNonRoot != true', 'AdmissionRefused'],
    ['persistentvolumeclaim "clips" not found', 'ClaimMissing'],
    ['Only one reference can have Controller set to true. Found "true" in references', 'NameTaken'],
  ])('that says %s has its reason and keeps its words', (message, reason) => {
    expect(refusalOf(message)).toEqual({ reason, message });
  });

  const forbidden = 'Error creating: pods "first-0-x" is forbidden: failed quota: q: must specify';

  test.each([
    ['limits.cpu for: trainer', 'workers.resources.limits.cpu'],
    ['requests.memory for: trainer', 'workers.resources.requests.memory'],
    ['cpu for: trainer', 'workers.resources.requests.cpu'],
    [
      'limits.cpu for: trainer; limits.memory for: trainer',
      'workers.resources.limits.cpu, workers.resources.limits.memory',
    ],
  ])('by a quota that demands %s names what to set', (unsaid, fields) => {
    const { reason, message } = refusalOf(`${forbidden} ${unsaid}`);
    expect(reason).toBe('QuotaNeedsResources');
    expect(message).toContain(`${forbidden} ${unsaid}; set ${fields}; a LimitRange`);
  });

  test('about a container that others put into the pod does not ask for fields of the manifest', () => {
    const { message } = refusalOf(`${forbidden} limits.cpu for: proxy`);
    expect(message).toContain('whatever injects the container proxy');
    expect(message).not.toContain('workers.resources');
  });
});
