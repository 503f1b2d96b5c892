import { expect, test } from '@jest/globals';
import { type WatchedObject, watchedObject } from './watched-object.ts';

const object = { metadata: { name: 'k400', resourceVersion: '12' } };

test.each<[string, string, unknown, WatchedObject]>([
  ['a change', 'MODIFIED', object, { kind: 'job', object, resourceVersion: '12' }],
  ['the first sight', 'ADDED', object, { kind: 'job', object, resourceVersion: '12' }],
  ['a bookmark', 'BOOKMARK', object, { kind: 'bookmark', resourceVersion: '12' }],
  ['a deletion', 'DELETED', object, { kind: 'deleted' }],
  ['a version that is too old', 'ERROR', { code: 410, message: 'too old' }, { kind: 'expired' }],
  ['another error', 'ERROR', { code: 500, message: 'etcd' }, { kind: 'error', status: 500, message: 'etcd' }],
  [
    'nonsense',
    'WHAT',
    null,
    { kind: 'error', status: null, message: 'the watch sent something that is no event' },
  ],
])('%s of a watch is understood', (_what, type, seen, expected) => {
  expect(watchedObject(type, seen)).toEqual(expected);
});
