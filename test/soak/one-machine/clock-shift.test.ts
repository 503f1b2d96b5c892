import { expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const PRELOAD = pathToFileURL(join(import.meta.dirname, 'clock-shift.ts')).href;
const DAY_MS = 86_400_000;

/** What a process sees whose clock is said to be off, and is set right while it runs. */
const PROGRAM = `
  const { rmSync } = require('node:fs');
  const seen = [Date.now(), new Date().getTime(), Date.parse(Date()), new Date(5).getTime(), Number(new Date() instanceof Date)];
  rmSync(process.env.SOAK_CLOCK);
  setTimeout(() => console.log([...seen, Date.now()].join()), 100);
`;

test.each([DAY_MS, -DAY_MS])(
  'a process sees a clock that is off by %i ms, and the right one again, and no other clock changes',
  async (offsetMs) => {
    const folder = temporaryFolder();
    const file = join(folder, 'clock');
    await writeFile(file, String(offsetMs));
    const beganMs = Date.now();
    const text = execFileSync(process.execPath, [`--import=${PRELOAD}`, '-e', PROGRAM], {
      encoding: 'utf8',
      env: { ...process.env, SOAK_CLOCK: file },
    });
    const [now, made, called, given, isDate, later] = text.split(',').map(Number);
    expect({ given, isDate }).toEqual({ given: 5, isDate: 1 });
    const days = [now, made, called, later].map((ms) => Math.round(((ms ?? 0) - beganMs) / DAY_MS));
    expect(days).toEqual([offsetMs / DAY_MS, offsetMs / DAY_MS, offsetMs / DAY_MS, 0]);
  },
);
