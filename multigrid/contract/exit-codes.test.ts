import { constants } from 'node:os';
import { expect, test } from '@jest/globals';
import { codeOfSignal, EXIT, isOwnFailure, isPermanent, PERMANENT_CODES, STOP_CODES } from './exit-codes.ts';

test('wrong manifests, data and places are permanent, faults and locks are not', () => {
  expect([EXIT.usage, EXIT.data, EXIT.noInput, EXIT.unavailable].every(isPermanent)).toBe(true);
  expect([0, EXIT.internal, EXIT.ioError, EXIT.tryAgain, STOP_CODES.SIGTERM].some(isPermanent)).toBe(false);
});

test('a Job takes the permanent codes: in order, each once, none of them 0', () => {
  // What the API server asks of `podFailurePolicy.rules[].onExitCodes.values`.
  expect([...new Set(PERMANENT_CODES)].toSorted((a, b) => a - b)).toEqual(PERMANENT_CODES);
  expect(PERMANENT_CODES).not.toContain(0);
});

test('the signals that ask for an end give the codes of their numbers', () => {
  for (const name of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) {
    expect(STOP_CODES[name]).toBe(codeOfSignal(constants.signals[name]));
    expect(isOwnFailure(STOP_CODES[name])).toBe(false);
  }
  expect(Object.values(EXIT).every(isOwnFailure)).toBe(true);
});
