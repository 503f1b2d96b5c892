import { describe, expect, test } from '@jest/globals';
import { ExchangeMemory, ExchangesTornError, signalsOf } from './exchange-memory.ts';

describe('the memory of exchanges', () => {
  test('finds a run that went on without the numbers of the others, and is clean for the next', () => {
    const memory = new ExchangeMemory([
      { kind: 'moments', length: 4 },
      { kind: 'means', length: 4 },
    ]);
    memory.prepare();
    // The thread gives an answer that the run, interrupted in its wait, did not take.
    memory.signals.post(signalsOf(1).taken);
    expect(() => {
      memory.requireAllTaken();
    }).toThrow(ExchangesTornError);
    memory.prepare();
    expect(() => {
      memory.requireAllTaken();
    }).not.toThrow();
  });
});
