/**
 * A Python with PyTorch, for the benchmarks that compare with it: made under .cache the first time (5.8 GB with all that
 * PyTorch brings), found there afterwards. No test needs it.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';

const VENV = '.cache/torch';
const STAMP = `${VENV}/ready`;
const PACKAGES = ['torch==2.15.0', 'numpy==2.4.6'];

/** Path of the interpreter. Throws when pip cannot bring the packages. */
export function torchPython(say: (line: string) => void): string {
  const python = `${VENV}/bin/python`;
  if (!existsSync(STAMP)) {
    say(`installing ${PACKAGES.join(' and ')} into ${VENV} (5.8 GB, once) ...`);
    execFileSync('python3', ['-m', 'venv', VENV], { stdio: 'inherit' });
    execFileSync(python, ['-m', 'pip', 'install', '--quiet', ...PACKAGES], { stdio: 'inherit' });
    writeFileSync(STAMP, PACKAGES.join('\n'));
  }
  return python;
}
