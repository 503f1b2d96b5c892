/**
 * `npm run install:cuda`: puts ONNX Runtime's CUDA provider beside the library in onnxruntime-node. In: the PyPI wheel
 * onnxruntime-gpu of the same version and commit (CUDA 13, cuDNN 9), fetched, or given as an argument. Out: the two provider
 * files in the package's folder, checked by their hashes. Linux x64 only; the wheel is 247 MB.
 */
import { copyFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { arch, argv, platform, stdout } from 'node:process';
import { findLibrary } from '../trainer-image/engine/onnxruntime/library.ts';
import { requireSha256, withWheel } from './python-wheel.ts';

const WHEEL = { requirement: 'onnxruntime-gpu==1.30.0', platformTag: 'manylinux_2_28_x86_64' };
/** SHA-256 of the files in the wheel, by name. */
const FILES: Readonly<Record<string, string>> = {
  'libonnxruntime_providers_shared.so': '086ec1d5388f64153d9c63470d126693db9a182c8ce236d3a1119068471b8a0d',
  'libonnxruntime_providers_cuda.so': '9d7587acb137b31bf84e4d32dc444b969bb601d098b01395effcacfe4341e364',
};

if (platform !== 'linux' || arch !== 'x64') {
  throw new Error(`there is a CUDA provider for linux/x64 only, this is ${platform}/${arch}`);
}
const target = dirname(findLibrary());
await withWheel(WHEEL, argv[2], async (unpacked) => {
  for (const [name, expected] of Object.entries(FILES)) {
    const source = join(unpacked, 'onnxruntime', 'capi', name);
    await requireSha256(source, expected, 'another build');
    copyFileSync(source, join(target, name));
    stdout.write(`${join(target, name)}\n`);
  }
});
stdout.write('Next: CUDA 13 and cuDNN 9 on the loader path, then `npx multigrid doctor --require cuda`\n');
