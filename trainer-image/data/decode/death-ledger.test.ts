import { expect, test } from '@jest/globals';
import { DeathLedger } from './death-ledger.ts';

test('refuses a file at its third death, with the last reason; other files are not touched', () => {
  const ledger = new DeathLedger();
  ledger.note('/a.mp4', { reason: 'CRASHED', message: 'it was ended by SIGSEGV' });
  ledger.note('/b.mp4', { reason: 'CRASHED', message: 'it was ended by SIGSEGV' });
  ledger.note('/a.mp4', { reason: 'CRASHED', message: 'it was ended by SIGSEGV' });
  expect(ledger.refusalOf('/a.mp4')).toBeUndefined();
  ledger.note('/a.mp4', { reason: 'TIMEOUT', message: 'nothing came within 5 ms' });
  expect(ledger.refusalOf('/a.mp4')).toEqual({
    reason: 'TIMEOUT',
    message: '3 decoder processes were lost over it; nothing came within 5 ms',
  });
  expect(ledger.refusalOf('/b.mp4')).toBeUndefined();
});
