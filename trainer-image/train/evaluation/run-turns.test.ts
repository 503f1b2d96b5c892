import { describe, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { EngineError } from '../../engine/engine-error.ts';
import { RunTurns } from './run-turns.ts';

/** Room for `room` actions at a time; notes how many were in it. */
class Room {
  inside = 0;
  readonly seen: number[] = [];
  readonly #room: number;

  constructor(room: number) {
    this.#room = room;
  }

  readonly visit = async (): Promise<void> => {
    this.inside += 1;
    this.seen.push(this.inside);
    await sleep(1);
    const isFull = this.inside > this.#room;
    await sleep(1);
    this.inside -= 1;
    if (isFull) {
      throw new EngineError('out-of-memory', 'Available memory of 0 is smaller than requested bytes of 1');
    }
  };
}

const release = (): Promise<void> => Promise.resolve();

describe('runs', () => {
  test('go on side by side while they fit', async () => {
    const room = new Room(3);
    const turns = new RunTurns(release);
    await Promise.all([turns.run(room.visit), turns.run(room.visit), turns.run(room.visit)]);
    expect(room.seen).toEqual([1, 2, 3]);
  });

  test('are all done, one at a time, once they did not fit side by side', async () => {
    const room = new Room(1);
    const turns = new RunTurns(release);
    await Promise.all([turns.run(room.visit), turns.run(room.visit), turns.run(room.visit)]);
    expect(room.seen).toEqual([1, 2, 3, 1, 1, 1]);
    await Promise.all([turns.run(room.visit), turns.run(room.visit)]);
    expect(room.seen.slice(6)).toEqual([1, 1]);
  });

  test('that do not fit alone, or fail otherwise, say so, and others go on', async () => {
    const turns = new RunTurns(release);
    await expect(turns.run(new Room(0).visit)).rejects.toMatchObject({ code: 'out-of-memory' });
    await expect(turns.run(() => Promise.reject(new RangeError('no')))).rejects.toThrow(RangeError);
    const room = new Room(1);
    await turns.run(room.visit);
    expect(room.seen).toEqual([1]);
  });
});
