import { describe, expect, test } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { createEngine } from '../create-engine.ts';
import { EngineError } from '../engine-error.ts';
import { NativeApi } from './api.ts';
import { findLibrary } from './library.ts';
import { checkTable } from './self-test.ts';

describe('the native library', () => {
  test('is found in the onnxruntime-node package, by full path', () => {
    expect(findLibrary()).toMatch(/onnxruntime-node.*onnxruntime[^/\\]*$/);
    expect(findLibrary(findLibrary())).toBe(findLibrary());
  });

  test('is refused with its path when the setting names no file', () => {
    expect(() => findLibrary('/nowhere/libonnxruntime.so')).toThrow(
      new EngineError(
        'library',
        'ONNX Runtime library /nowhere/libonnxruntime.so does not exist: correct the setting',
      ),
    );
  });

  test('is refused when the file is something else', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'libonnxruntime.so');
    writeFileSync(path, 'not a library');
    await expect(createEngine({ libraryPath: path })).rejects.toThrow(
      /cannot use .*libonnxruntime\.so.*npm ci/,
    );
  });

  test('fails its start-up check when a function does not answer what it must', () => {
    const api = NativeApi.load(findLibrary());
    const [deviceAllocator, defaultMemory] = [0, 0];
    const pinned = api.get('CreateMemoryInfo', 'CudaPinned', deviceAllocator, 0, defaultMemory);
    expect(() => {
      checkTable(api, pinned);
    }).toThrow(/start-up check: the name of the memory is not read back/);
    api.release('ReleaseMemoryInfo', pinned);
  });
});
