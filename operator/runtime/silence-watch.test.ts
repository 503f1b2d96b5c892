import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SilenceWatch } from './silence-watch.ts';

const SILENCE_MS = 25_000;
const SPARE_MS = 10_000;
const DOUBT_MS = 3000;
const LONG_MS = 60_000;

/** A watch whose clock the test turns, second by second. */
class Listener {
  readonly turns: string[] = [];
  nowMs = 1_000_000;
  readonly watch = new SilenceWatch({
    silenceMs: SILENCE_MS,
    spareMs: SPARE_MS,
    doubtMs: DOUBT_MS,
    onTurn: (key) => this.turns.push(key),
  });

  constructor() {
    this.watch.tick(this.nowMs, true);
  }

  pass(seconds: number, isHearing = true): this {
    for (let second = 0; second < seconds; second += 1) {
      this.nowMs += 1000;
      this.watch.tick(this.nowMs, isHearing);
    }
    return this;
  }
}

describe('a silence watch', () => {
  test('tells once of who falls silent, and once when they speak again', () => {
    const listener = new Listener();
    listener.watch.heard('a');
    listener.watch.heard('b');
    listener.pass(20).watch.heard('b');
    expect(listener.pass(4).turns).toEqual([]);
    expect(listener.pass(1).turns).toEqual(['a']);
    expect(listener.watch.silenceOf('a').unheardMs).toBe(SILENCE_MS);
    expect(listener.pass(10).turns).toEqual(['a']);
    listener.watch.heard('a');
    expect(listener.turns).toEqual(['a', 'a']);
    expect(listener.watch.silenceOf('a').unheardMs).toBe(0);
  });

  test('tells nothing of those who speak in time, however many words there are', () => {
    const listener = new Listener();
    for (let word = 0; word < 100; word += 1) {
      listener.watch.heard('a');
      listener.pass(10);
    }
    expect(listener.turns).toEqual([]);
  });

  test('knows nothing of who never spoke, or is forgotten', () => {
    const listener = new Listener();
    expect(listener.watch.silenceOf('a').unheardMs).toBeNull();
    listener.watch.heard('a');
    listener.watch.forget('a');
    expect(listener.watch.silenceOf('a').unheardMs).toBeNull();
    expect(listener.pass(60).turns).toEqual([]);
  });

  test('does not count what it could not hear, and then waits for the next word', () => {
    const listener = new Listener();
    listener.watch.heard('a');
    listener.pass(20).pass(600, false);
    expect(listener.turns).toEqual([]);
    // Five seconds were left of the silence; one that is well needs longer to be heard again.
    expect(listener.pass(14).turns).toEqual([]);
    expect(listener.pass(1).turns).toEqual(['a']);
  });

  test('takes a sleep of the machine for no silence', () => {
    const listener = new Listener();
    listener.watch.heard('a');
    listener.pass(20);
    listener.nowMs += 3_600_000;
    expect(listener.pass(15).turns).toEqual([]);
    expect(listener.pass(2).turns).toEqual(['a']);
  });

  test('is not kept from its judgement by a line that breaks for a moment again and again', () => {
    const listener = new Listener();
    listener.watch.heard('a');
    for (let second = 0; second < 60; second += 5) {
      listener.pass(4).pass(1, false);
    }
    expect(listener.turns).toEqual(['a']);
  });

  test('allows one who has a reason for it more silence, from that moment on', () => {
    const listener = new Listener();
    listener.watch.heard('a');
    listener.pass(20).watch.allow('a', LONG_MS);
    listener.watch.allow('b', LONG_MS);
    expect(listener.watch.silenceOf('a')).toEqual({ unheardMs: 0, allowedSilenceMs: LONG_MS });
    expect(listener.watch.silenceOf('b')).toEqual({ unheardMs: null, allowedSilenceMs: SILENCE_MS });
    expect(listener.pass(59).turns).toEqual([]);
    expect(listener.pass(1).turns).toEqual(['a']);
    listener.watch.heard('a', LONG_MS);
    expect(listener.pass(59).turns).toEqual(['a', 'a']);
  });

  test('takes a reason to allow more for a word of one who was silent', () => {
    const listener = new Listener();
    listener.watch.heard('a');
    listener.pass(30).watch.allow('a', LONG_MS);
    expect(listener.turns).toEqual(['a', 'a']);
  });

  test.each([
    ['who spoke long ago after a moment', 50, DOUBT_MS / 1000],
    ['who spoke just now when they have been silent for that long', 5, SILENCE_MS / 1000 - 5],
  ])('of whom less is allowed calls those silent %s', (_whom, spokenBefore, seconds) => {
    const listener = new Listener();
    listener.watch.heard('a', LONG_MS);
    listener.pass(spokenBefore).watch.allow('a', SILENCE_MS);
    expect(listener.pass(seconds - 1).turns).toEqual([]);
    expect(listener.pass(1).turns).toEqual(['a']);
  });

  test('forgets that less was allowed for a moment', () => {
    const listener = new Listener();
    listener.watch.heard('a', LONG_MS);
    listener.pass(50).watch.allow('a', SILENCE_MS);
    listener.pass(2).watch.allow('a', LONG_MS);
    expect(listener.pass(59).turns).toEqual([]);
  });

  test('calls nobody silent who spoke less than the silence ago, whatever happens', () => {
    const event = fc.oneof(
      { weight: 6, arbitrary: fc.record({ kind: fc.constant('pass' as const), seconds: fc.nat(12) }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('deaf' as const), seconds: fc.nat(40) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('sleep' as const), seconds: fc.nat(4000) }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('word' as const), seconds: fc.constant(0) }) },
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const listener = new Listener();
        let heardMs = listener.nowMs;
        listener.watch.heard('a');
        for (const { kind, seconds } of events) {
          const before = listener.turns.length;
          if (kind === 'word') {
            listener.watch.heard('a');
            heardMs = listener.nowMs;
          } else if (kind === 'sleep') {
            listener.nowMs += seconds * 1000;
          } else {
            listener.pass(seconds, kind === 'pass');
          }
          const fellSilent = kind !== 'word' && listener.turns.length > before;
          expect(!fellSilent || listener.nowMs - heardMs >= SILENCE_MS).toBe(true);
        }
      }),
    );
  });
});
