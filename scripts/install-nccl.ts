/**
 * `npm run install:nccl`: puts NCCL where the trainer looks for it, beside the packages of npm. In: the PyPI wheel nvidia-nccl-cu13,
 * fetched, or given as an argument. Out: the library and its licence, checked by their hashes, and tried as far as that goes without a
 * GPU: every function that is used, its version, unique ids. Linux only; the wheel is 252 MB. Where
 * the system has NCCL (the images of CUDA do) nobody needs this.
 */
import { copyFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { arch, argv, platform, stdout } from 'node:process';
import { isDeepStrictEqual } from 'node:util';
import { versionText } from '../trainer-image/nccl/abi.ts';
import { findNccl, NCCL_FILE, NCCL_FOLDER, NCCL_VERSION } from '../trainer-image/nccl/find-nccl.ts';
import { replaceFolder, requireSha256, withWheel } from './python-wheel.ts';

interface Build {
  readonly platformTag: string;
  /** SHA-256. */
  readonly library: string;
}

const BUILDS: Readonly<Record<string, Build>> = {
  x64: {
    platformTag: 'manylinux_2_18_x86_64',
    library: '78103983bb558aef7277a0c05a9a5963e619a69f6e77ece3c449fb045a3368d4',
  },
  arm64: {
    platformTag: 'manylinux_2_18_aarch64',
    library: '7e2c3af111ba76885ed2a63c404e719af7253d430b26775488e83eb0d47c129d',
  },
};
const PACKAGE = { name: 'nvidia-nccl-cu13', info: `nvidia_nccl_cu13-${NCCL_VERSION}.dist-info` };
const LICENCE = {
  file: join(PACKAGE.info, 'licenses', 'License.txt'),
  hash: '0f0174a6b4e0b33ac26375bf729533075b32f4c51a5b6802a3d742d7dcdc9a76',
};

/** Checks both, then copies them: a folder that is there is whole. */
async function install(unpacked: string, { library }: Build): Promise<void> {
  await replaceFolder(NCCL_FOLDER, async (unfinished) => {
    for (const [file, expected] of [
      [join('nvidia', 'nccl', 'lib', NCCL_FILE), library],
      [LICENCE.file, LICENCE.hash],
    ] as const) {
      const source = join(unpacked, file);
      await requireSha256(source, expected, 'another build of NCCL');
      copyFileSync(source, join(unfinished, basename(file)));
    }
  });
}

const build = BUILDS[arch];
if (platform !== 'linux' || build === undefined) {
  throw new Error(`there is an NCCL for Linux on x64 and arm64, this is ${platform}/${arch}`);
}
await withWheel(
  { requirement: `${PACKAGE.name}==${NCCL_VERSION}`, platformTag: build.platformTag },
  argv[2],
  (unpacked) => install(unpacked, build),
);
await tryOut(join(NCCL_FOLDER, NCCL_FILE));
stdout.write(`${NCCL_FOLDER}\n`);

async function tryOut(library: string): Promise<void> {
  const found = findNccl(library);
  if (!found.isFound) {
    throw new Error(found.reason);
  }
  const { nccl, version } = found;
  const [one, other] = [await nccl.uniqueId(), await nccl.uniqueId()];
  if (versionText(version) !== NCCL_VERSION || isDeepStrictEqual(one, other)) {
    throw new Error(`${library} is not NCCL ${NCCL_VERSION}, or its unique ids are not unique`);
  }
}
