/**
 * Where the native library is: inside the onnxruntime-node package, whose folder for it is private to the package and
 * may move with a release. In: an optional path that overrides the search. Out: an existing file.
 */
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { arch, platform } from 'node:process';
import { EngineError } from '../engine-error.ts';

const LIBRARY_NAMES: Readonly<Partial<Record<NodeJS.Platform, RegExp>>> = {
  linux: /^libonnxruntime\.so(\.\d+)*$/,
  darwin: /^libonnxruntime(\.\d+)*\.dylib$/,
  win32: /^onnxruntime\.dll$/,
};

/**
 * @param override - a file to use instead of the one in the package.
 * @throws EngineError `library` when there is none for this system.
 */
export function findLibrary(override?: string): string {
  if (override !== undefined) {
    if (!existsSync(override)) {
      throw new EngineError(
        'library',
        `ONNX Runtime library ${override} does not exist: correct the setting`,
      );
    }
    return override;
  }
  const name = LIBRARY_NAMES[platform];
  const bin = join(packageRoot(), 'bin');
  // The full path matters on Windows, which may keep an older onnxruntime.dll in its system folder.
  const found = name && bindingFolders(bin).flatMap((folder) => matchingFiles(folder, name))[0];
  if (found === undefined) {
    throw new EngineError(
      'library',
      `no ONNX Runtime library for ${platform}/${arch} under ${bin}: onnxruntime-node ships Linux and Windows ` +
        `(x64, arm64) and macOS (arm64); give the path of another build of the same version`,
    );
  }
  return found;
}

function packageRoot(): string {
  try {
    return dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
  } catch (cause) {
    throw new EngineError('library', 'the package onnxruntime-node is not installed: run npm ci', { cause });
  }
}

/** `bin/napi-v6/linux/x64` at present. */
function bindingFolders(bin: string): readonly string[] {
  if (!existsSync(bin)) {
    return [];
  }
  return readdirSync(bin)
    .map((binding) => join(bin, binding, platform, arch))
    .filter((folder) => existsSync(folder));
}

function matchingFiles(folder: string, name: RegExp): readonly string[] {
  return readdirSync(folder)
    .filter((file) => name.test(file))
    .sort()
    .map((file) => join(folder, file));
}
