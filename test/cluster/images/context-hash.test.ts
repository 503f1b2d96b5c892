import { describe, expect, it } from '@jest/globals';
import { isIgnored } from './context-hash.ts';

describe('.dockerignore', () => {
  it.each([
    ['docs/a.md', ['docs'], true],
    ['docs/a.md', ['docs/'], true],
    ['src/docs/a.md', ['docs'], false],
    ['src/docs/a.md', ['**/docs'], true],
    ['src/a.test.ts', ['**/*.test.ts'], true],
    ['src/a.ts', ['*', '!src'], false],
    ['src/a.test.ts', ['*', '!src', '**/*.test.ts'], true],
    ['other/a.ts', ['*', '!src'], true],
    ['a.ts', [], false],
  ])('%s under %j: left out is %s', (path, patterns, expected) => {
    expect(isIgnored(path, patterns)).toBe(expected);
  });
});
