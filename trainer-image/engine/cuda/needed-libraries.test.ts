import { copyFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { arch } from 'node:process';
import { describe, expect, test } from '@jest/globals';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { findLibrary } from '../onnxruntime/library.ts';
import { neededLibraries } from './needed-libraries.ts';

describe('the libraries that a library needs', () => {
  const binding = join(dirname(findLibrary()), 'onnxruntime_binding.node');
  const folder = temporaryFolder();

  test('are found where the loader would find them, such as beside it', () => {
    const needed = neededLibraries(binding);
    expect(needed).toContainEqual({ library: 'libonnxruntime.so.1', isFound: true });
    expect(needed).toContainEqual({ library: 'libc.so.6', isFound: true });
  });

  test('are named when they are missing', () => {
    const alone = join(folder, 'alone.node');
    copyFileSync(binding, alone);
    const missing = neededLibraries(alone).filter(({ isFound }) => !isFound);
    expect(missing).toEqual([{ library: 'libonnxruntime.so.1', isFound: false }]);
  });

  test('are none of a file that is no library, of another processor, or not there', () => {
    const text = join(folder, 'text.so');
    writeFileSync(text, 'a text, not a library');
    const other = arch === 'x64' ? 'arm64' : 'x64';
    const foreign = join(dirname(findLibrary()), '..', other, 'onnxruntime_binding.node');
    expect([text, foreign, join(folder, 'gone.so')].map(neededLibraries)).toEqual([[], [], []]);
  });
});
