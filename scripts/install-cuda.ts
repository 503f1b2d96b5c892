/**
 * `npm run install:cuda`: puts ONNX Runtime's CUDA provider beside the library in onnxruntime-node. In: the PyPI wheel
 * onnxruntime-gpu of the same version and commit (CUDA 13, cuDNN 9), fetched with pip, or given as a file or as the folder
 * it was unpacked to (an image's build has no Python where Node is). Out: the two provider files in the package's folder,
 * checked by their hashes. Linux x64 only; the wheel is 247 MB.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, copyFileSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { arch, argv, platform, stdout } from 'node:process';
import { pipeline } from 'node:stream/promises';
import { findLibrary } from '../trainer-image/engine/onnxruntime/library.ts';

const VERSION = '1.30.0';
/** SHA-256 of the files in the wheel, by name. */
const FILES: Readonly<Record<string, string>> = {
  'libonnxruntime_providers_shared.so': '086ec1d5388f64153d9c63470d126693db9a182c8ce236d3a1119068471b8a0d',
  'libonnxruntime_providers_cuda.so': '9d7587acb137b31bf84e4d32dc444b969bb601d098b01395effcacfe4341e364',
};

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

function fetchWheel(folder: string): string {
  const platformTag = 'manylinux_2_28_x86_64';
  const args = ['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', `--platform=${platformTag}`];
  const version = ['--python-version=3.11', `onnxruntime-gpu==${VERSION}`, '--dest', folder];
  execFileSync('python3', [...args, ...version], { stdio: 'inherit' });
  const wheel = readdirSync(folder).find((name) => name.endsWith('.whl'));
  if (wheel === undefined) {
    throw new Error(
      `pip left no wheel in ${folder}; give a wheel of onnxruntime-gpu ${VERSION} as an argument`,
    );
  }
  return join(folder, wheel);
}

function unpack(wheel: string, folder: string): string {
  execFileSync('python3', ['-m', 'zipfile', '-e', wheel, folder]);
  return folder;
}

async function main(): Promise<void> {
  if (platform !== 'linux' || arch !== 'x64') {
    throw new Error(`there is a CUDA provider for linux/x64 only, this is ${platform}/${arch}`);
  }
  const target = dirname(findLibrary());
  const folder = mkdtempSync(join(tmpdir(), 'install-cuda-'));
  try {
    const wheel = argv[2] ?? fetchWheel(folder);
    const unpacked = statSync(wheel).isDirectory() ? wheel : unpack(wheel, folder);
    for (const [name, expected] of Object.entries(FILES)) {
      const source = join(unpacked, 'onnxruntime', 'capi', name);
      const found = await sha256(source);
      if (found !== expected) {
        throw new Error(`${name} in ${wheel} has SHA-256 ${found}, expected ${expected}: another build`);
      }
      copyFileSync(source, join(target, name));
      stdout.write(`${join(target, name)}\n`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  stdout.write('Next: CUDA 13 and cuDNN 9 on the loader path, then `npx multigrid doctor --require cuda`\n');
}

await main();
