/** A copy of the objects of a server, whatever the server and the line to it do. The server is a model of a real one. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ExpiredError, type ObjectList, type ObjectSource, type WatchEvent } from './follow.ts';
import { Informer, ListenerError, type Change } from './informer.ts';

interface Thing {
  readonly key: string;
  readonly resourceVersion: string;
}

type ThingEvent = WatchEvent<Thing>;

/** Keeps all versions since `oldest`; a watch gives those after the version asked for, then waits. */
class ModelServer implements ObjectSource<Thing> {
  readonly #events: ThingEvent[] = [];
  readonly #objects = new Map<string, Thing>();
  #oldest = 0;
  #version = 0;
  lists = 0;
  #wake = Promise.withResolvers<undefined>();
  #cut = Promise.withResolvers<undefined>();
  #cuts = 0;
  isAway = false;

  set(key: string): void {
    this.#version += 1;
    const object = { key, resourceVersion: String(this.#version) };
    this.#objects.set(key, object);
    this.#tell({ type: 'changed', object, resourceVersion: object.resourceVersion });
  }

  delete(key: string): void {
    if (this.#objects.delete(key)) {
      this.#version += 1;
      const object = { key, resourceVersion: String(this.#version) };
      this.#tell({ type: 'deleted', object, resourceVersion: object.resourceVersion });
    }
  }

  /** Forgets all versions up to now: who is behind has to list. */
  compact(): void {
    this.#oldest = this.#version;
  }

  cutWatches(): void {
    this.#cuts += 1;
    this.#cut.resolve(undefined);
    this.#cut = Promise.withResolvers<undefined>();
  }

  get objects(): ReadonlyMap<string, Thing> {
    return this.#objects;
  }

  get version(): number {
    return this.#version;
  }

  list(): Promise<ObjectList<Thing>> {
    this.lists += 1;
    return this.isAway
      ? Promise.reject(new Error('away'))
      : Promise.resolve({ items: [...this.#objects.values()], resourceVersion: String(this.#version) });
  }

  async *watch(resourceVersion: string, signal: AbortSignal): AsyncIterable<ThingEvent> {
    if (this.isAway) {
      throw new Error('away');
    }
    if (Number(resourceVersion) < this.#oldest) {
      throw new ExpiredError('too old');
    }
    const over = Promise.race([this.#cut.promise, aborted(signal)]);
    const cuts = this.#cuts;
    let at = Number(resourceVersion);
    while (cuts === this.#cuts && !signal.aborted) {
      const next = this.#events.find((event) => Number(event.resourceVersion) > at);
      if (next !== undefined) {
        at = Number(next.resourceVersion);
        yield next;
        continue;
      }
      await Promise.race([over, this.#wake.promise]);
    }
  }

  #tell(event: ThingEvent): void {
    this.#events.push(event);
    this.#wake.resolve(undefined);
    this.#wake = Promise.withResolvers<undefined>();
  }
}

function aborted(signal: AbortSignal): Promise<undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  signal.addEventListener('abort', () => {
    resolve(undefined);
  });
  return promise;
}

const turns = async (count = 20): Promise<void> => {
  for (let turn = 0; turn < count; turn += 1) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
};

function follow(
  server: ModelServer,
  listen: (change: Change<Thing>) => void = () => undefined,
): {
  readonly informer: Informer<Thing>;
  readonly changes: Change<Thing>[];
  readonly errors: unknown[];
  readonly stop: () => Promise<void>;
} {
  const changes: Change<Thing>[] = [];
  const errors: unknown[] = [];
  const informer = new Informer<Thing>({
    source: server,
    onChange: (change) => {
      changes.push(change);
      listen(change);
    },
    onError: (error) => errors.push(error),
    sleep: () => turns(1),
    monotonicNow: () => 0,
    random: () => 0,
  });
  const over = new AbortController();
  const running = informer.run(over.signal);
  const stop = async (): Promise<void> => {
    over.abort();
    await running;
  };
  return { informer, changes, errors, stop };
}

const inWords = ({ before, after }: Change<Thing>): string =>
  `${before?.resourceVersion ?? 'none'}->${after?.resourceVersion ?? 'none'}`;

describe('an informer', () => {
  test('has what was there, and tells of what comes, changes and goes', async () => {
    const server = new ModelServer();
    server.set('a');
    const { informer, changes, stop } = follow(server);
    await informer.synced;
    server.set('b');
    server.set('a');
    server.delete('b');
    await turns();
    await stop();
    expect(changes.map(inWords)).toEqual(['none->1', 'none->2', '1->3', '4->none']);
    expect([...informer.values()]).toEqual([{ key: 'a', resourceVersion: '3' }]);
    expect(informer.get('b')).toBeNull();
    expect(server.lists).toBe(1);
  });

  test('goes on from where a cut watch ended, without listing', async () => {
    const server = new ModelServer();
    const { informer, changes, stop } = follow(server);
    await informer.synced;
    server.set('a');
    await turns();
    server.cutWatches();
    server.set('b');
    await turns();
    await stop();
    expect(changes.map(inWords)).toEqual(['none->1', 'none->2']);
    expect(server.lists).toBe(1);
  });

  test('lists when the server has forgotten, and tells of what it did not see', async () => {
    const server = new ModelServer();
    server.set('a');
    server.set('b');
    const { informer, changes, errors, stop } = follow(server);
    await informer.synced;
    await turns();
    server.isAway = true;
    server.cutWatches();
    server.delete('a');
    server.set('b');
    server.compact();
    await turns(3);
    server.isAway = false;
    await turns();
    await stop();
    expect(changes.slice(2).map(inWords)).toEqual(['1->none', '2->4']);
    expect(errors.length).toBeGreaterThan(0);
    expect(server.lists).toBe(2);
  });

  test('knows that it hears nothing while the server is away', async () => {
    const server = new ModelServer();
    const { informer, stop } = follow(server);
    expect(informer.isHearing).toBe(false);
    await informer.synced;
    await turns();
    expect(informer.isHearing).toBe(true);
    server.isAway = true;
    server.cutWatches();
    await turns(3);
    expect(informer.isHearing).toBe(false);
    server.isAway = false;
    server.set('a');
    await turns();
    expect(informer.isHearing).toBe(true);
    await stop();
  });

  test('does not list for failures that a good watch lies between', async () => {
    const server = new ModelServer();
    const { informer, errors, stop } = follow(server);
    await informer.synced;
    for (const count of [4, 8]) {
      await failUntil(server, errors, count);
      // A watch that ends in good order, with nothing to tell.
      await turns();
      server.cutWatches();
      await turns();
    }
    await stop();
    expect(server.lists).toBe(1);
  });

  test('does not list again for the first failure after a good list', async () => {
    const server = new ModelServer();
    const { informer, errors, stop } = follow(server);
    await informer.synced;
    await failUntil(server, errors, 5);
    await turns();
    expect(server.lists).toBe(2);
    await failUntil(server, errors, 6);
    await turns();
    await stop();
    expect(server.lists).toBe(2);
  });

  test('tells of all other changes when a listener fails at one', async () => {
    const server = new ModelServer();
    server.set('a');
    server.set('b');
    const { informer, changes, errors, stop } = follow(server, ({ after }) => {
      if (after?.key === 'a') {
        throw new TypeError('no such field');
      }
    });
    await informer.synced;
    server.set('a');
    server.set('c');
    await turns();
    await stop();
    expect(changes.map(inWords)).toEqual(['none->1', 'none->2', '1->3', 'none->4']);
    expect(errors).toEqual([expect.any(ListenerError), expect.any(ListenerError)]);
    expect(server.lists).toBe(1);
  });

  test('ends up with what the server has and tells of each version once, whatever happens', async () => {
    const step = fc.oneof(
      fc.record({ what: fc.constantFrom('set', 'delete'), key: fc.constantFrom('a', 'b', 'c') }),
      fc.record({ what: fc.constantFrom('cut', 'compact', 'away', 'back', 'turn'), key: fc.constant('') }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const server = new ModelServer();
        const { informer, changes, stop } = follow(server);
        for (const { what, key } of steps) {
          await play(server, what, key);
        }
        server.isAway = false;
        server.cutWatches();
        await turns();
        await stop();
        expect(new Map([...informer.values()].map((thing) => [thing.key, thing]))).toEqual(server.objects);
        const told = changes.flatMap(({ after }) => (after === null ? [] : [after.resourceVersion]));
        expect(new Set(told).size).toBe(told.length);
        const kept = new Map<string, Thing>();
        for (const { before, after } of changes) {
          if (after === null) {
            expect(kept.delete(before?.key ?? '')).toBe(true);
          } else {
            kept.set(after.key, after);
          }
        }
        expect(kept).toEqual(server.objects);
      }),
      { numRuns: 200 },
    );
  });
});

/** Takes the server away until so many attempts in all have failed. */
async function failUntil(server: ModelServer, errors: readonly unknown[], count: number): Promise<void> {
  server.isAway = true;
  server.cutWatches();
  while (errors.length < count) {
    await turns(1);
  }
  server.isAway = false;
}

async function play(server: ModelServer, what: string, key: string): Promise<void> {
  switch (what) {
    case 'set':
      server.set(key);
      break;
    case 'delete':
      server.delete(key);
      break;
    case 'cut':
      server.cutWatches();
      break;
    case 'compact':
      server.compact();
      break;
    case 'away':
    case 'back':
      server.isAway = what === 'away';
      break;
    default:
      await turns(5);
  }
}
