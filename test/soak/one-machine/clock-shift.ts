/**
 * Loaded into a process before its program (`node --import`): its time of day is off by as many milliseconds as stand in the
 * file that SOAK_CLOCK names, and changes with it. The clock of the machine and every clock that only counts stay as they are.
 */
import { readFileSync } from 'node:fs';

const path = process.env['SOAK_CLOCK'] ?? '';
const LOOK_EVERY_MS = 50;
const RealDate = Date;
let offsetMs = 0;
let lookedMs = Number.NEGATIVE_INFINITY;

function shiftedNow(): number {
  const nowMs = performance.now();
  if (nowMs - lookedMs >= LOOK_EVERY_MS) {
    lookedMs = nowMs;
    try {
      offsetMs = Number(readFileSync(path, 'utf8'));
    } catch {
      // No file: the clock is right.
      offsetMs = 0;
    }
  }
  return RealDate.now() + offsetMs;
}

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args: unknown[], newTarget) => {
    const date: unknown = Reflect.construct(target, args.length === 0 ? [shiftedNow()] : args, newTarget);
    return date instanceof RealDate ? date : new RealDate(Number.NaN);
  },
  apply: () => new RealDate(shiftedNow()).toString(),
  get: (target, key, receiver) => {
    const value: unknown = Reflect.get(target, key, receiver);
    return key === 'now' ? shiftedNow : value;
  },
});
