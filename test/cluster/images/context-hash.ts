/**
 * A hash of what an image's build can see: the files that git knows or would take, less what .dockerignore leaves out,
 * with their paths and contents. What npm installs is not among them; package-lock.json stands for it.
 */
import { execFileSync } from 'node:child_process';
import type { Hash } from 'node:crypto';
import { existsSync, lstatSync, readFileSync, readlinkSync } from 'node:fs';
import { join, matchesGlob } from 'node:path';

/** Adds the context's files to a hash. */
export function hashContext(hash: Hash, context: string): void {
  const patterns = readIgnorePatterns(context);
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: context,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  const files = [...new Set(listed.split('\0'))].filter((path) => path !== '' && !isIgnored(path, patterns));
  for (const path of files.sort()) {
    const found = lstatSync(join(context, path), { throwIfNoEntry: false });
    if (found !== undefined) {
      const content = found.isSymbolicLink()
        ? readlinkSync(join(context, path))
        : readFileSync(join(context, path));
      hash.update(`\0${path}\0${found.mode.toString(8)}\0`).update(content);
    }
  }
}

function readIgnorePatterns(context: string): readonly string[] {
  const file = join(context, '.dockerignore');
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  return lines.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'));
}

/** By the rules of .dockerignore: a pattern covers what lies below it, `!` takes back, and the last one that matches wins. */
export function isIgnored(path: string, patterns: readonly string[]): boolean {
  const steps = path.split('/');
  const covered = steps.map((_, depth) => steps.slice(0, depth + 1).join('/'));
  const last = patterns.findLast((pattern) => {
    const glob = pattern.replace(/^!/u, '').replace(/^\//u, '').replace(/\/$/u, '');
    return covered.some((candidate) => matchesGlob(candidate, glob));
  });
  return last !== undefined && !last.startsWith('!');
}
