/**
 * One line of a watch, sorted. In comes what the client hands over (a type and any object), out comes what it means for
 * the one who watches. Pure; called by `api-server.ts`.
 */

export type WatchedObject =
  | { readonly kind: 'job'; readonly object: unknown; readonly resourceVersion: string | null }
  | { readonly kind: 'bookmark'; readonly resourceVersion: string | null }
  | { readonly kind: 'deleted' }
  /** The version asked for is too old: read again. */
  | { readonly kind: 'expired' }
  | { readonly kind: 'error'; readonly status: number | null; readonly message: string };

const EXPIRED = 410;

export function watchedObject(type: string, object: unknown): WatchedObject {
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
      return { kind: 'job', object, resourceVersion: versionOf(object) };
    case 'BOOKMARK':
      return { kind: 'bookmark', resourceVersion: versionOf(object) };
    case 'DELETED':
      return { kind: 'deleted' };
    default:
      return errorOf(object);
  }
}

function errorOf(object: unknown): WatchedObject {
  const status = field(object, 'code');
  if (status === EXPIRED) {
    return { kind: 'expired' };
  }
  const message = field(object, 'message');
  return {
    kind: 'error',
    status: typeof status === 'number' ? status : null,
    message: typeof message === 'string' ? message : 'the watch sent something that is no event',
  };
}

function versionOf(object: unknown): string | null {
  const version = field(field(object, 'metadata'), 'resourceVersion');
  return typeof version === 'string' ? version : null;
}

function field(object: unknown, key: string): unknown {
  const fields = new Map<string, unknown>(
    typeof object === 'object' && object !== null ? Object.entries(object) : [],
  );
  return fields.get(key);
}
