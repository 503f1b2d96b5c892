/**
 * What supervisors say to each other. In: whatever a frame held. Out: a message, or an error. The first worker's supervisor leads,
 * the others follow; nothing that is said names a program, a file or an argument: a follower can be made to start ranks of its own
 * job and to end them, nothing else.
 */
import { isNumber, isText, valueAt } from '../../multigrid/json/fields.ts';

export type Message =
  /** The first word of both sides. */
  | { readonly kind: 'hello'; readonly version: string; readonly worker: number }
  /** From the leader: start your ranks. `proxy` is the number that MPI's launcher gives them. */
  | { readonly kind: 'start'; readonly proxy: number }
  /** Follower: the ranks' proxy has connected to its launcher. Bytes between the two may follow, both ways. */
  | { readonly kind: 'connected' }
  /** The other end of that connection is closed. */
  | { readonly kind: 'disconnected' }
  /** Follower: the proxy has ended. */
  | { readonly kind: 'ended'; readonly code: number }
  /** Leader: end your ranks. */
  | { readonly kind: 'stop' }
  /** Follower, to `stop`: no process of theirs is left. */
  | { readonly kind: 'stopped' }
  /** Follower: this worker has been told to go, and goes when its ranks have ended. */
  | { readonly kind: 'leaving' }
  /** Leader: the job is done. */
  | { readonly kind: 'done' }
  /** A sign of life. */
  | { readonly kind: 'beat' };

export class MessageError extends Error {
  override readonly name = 'MessageError';
}

const WITHOUT_CONTENT = [
  'connected',
  'disconnected',
  'stop',
  'stopped',
  'leaving',
  'done',
  'beat',
] as const satisfies readonly Message['kind'][];

/** @throws MessageError */
export function readMessage(value: unknown): Message {
  const field = (name: string): unknown => valueAt(value, name);
  const bare = WITHOUT_CONTENT.find((kind) => kind === field('kind'));
  if (bare !== undefined) {
    return { kind: bare };
  }
  const [kind, version, worker, proxy, code] = ['kind', 'version', 'worker', 'proxy', 'code'].map(field);
  if (kind === 'hello' && isText(version) && isIndex(worker)) {
    return { kind, version, worker };
  }
  if (kind === 'start' && isIndex(proxy)) {
    return { kind, proxy };
  }
  if (kind === 'ended' && isNumber(code)) {
    return { kind, code };
  }
  throw new MessageError(`a message that nobody here knows: ${JSON.stringify(value).slice(0, 200)}`);
}

function isIndex(value: unknown): value is number {
  return isNumber(value) && Number.isInteger(value) && value >= 0;
}
