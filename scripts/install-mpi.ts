/**
 * `npm run install:mpi`: puts MPICH where the trainer looks for it, beside the packages of npm. In: the PyPI wheel mpich,
 * fetched, or given as an argument. Out: its library with the standard ABI, what that loads, the launcher hydra, the header
 * and the licences, checked: the wheel's list of hashes has a hash that stands here. Linux only; the wheel is 13 MB.
 */
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { arch, argv, platform, stdout } from 'node:process';
import { MPICH_FOLDER, MPICH_VERSION } from '../trainer-image/mpi/find-mpich.ts';
import { replaceFolder, requireSha256, sha256, withWheel } from './python-wheel.ts';

interface Build {
  readonly platformTag: string;
  /** SHA-256 of the wheel's RECORD, which has the SHA-256 of every file in it. */
  readonly record: string;
}

const BUILDS: Readonly<Record<string, Build>> = {
  x64: {
    platformTag: 'manylinux_2_28_x86_64',
    record: 'b771c8712c7d2df00857a21758b81130a9cb4a755d6d7ea21dbfb3d90474b896',
  },
  arm64: {
    platformTag: 'manylinux_2_28_aarch64',
    record: 'b8931de5731da68e901d4a4eaccac078f41f7a830debf03f976d88e1f2693cb9',
  },
};

const DATA = `mpich-${MPICH_VERSION}.data/data`;
const INFO = `mpich-${MPICH_VERSION}.dist-info`;
/** Of the wheel's files, those that are used: no compilers, no library with MPICH's own ABI. */
const WANTED = new RegExp(
  `^(?:${DATA}/(bin/(?:mpiexec\\.hydra|hydra_pmi_proxy)|include/mpi_abi\\.h|lib/libmpi_abi\\.so\\.1|lib/mpich/.+)` +
    `|${INFO}/(licenses/.+)),sha256=([\\w-]+),`,
  'gmu',
);

/** Checks everything that is wanted, then copies it: a folder that is there is whole. */
async function install(unpacked: string, { record }: Build): Promise<void> {
  const list = join(unpacked, INFO, 'RECORD');
  await requireSha256(list, record, 'another build of MPICH');
  await replaceFolder(MPICH_FOLDER, async (unfinished) => {
    for (const [, data, info = '', expected] of readFileSync(list, 'utf8').matchAll(WANTED)) {
      const source = data === undefined ? join(unpacked, INFO, info) : join(unpacked, DATA, data);
      if ((await sha256(source, 'base64url')) !== expected) {
        throw new Error(`${source} is not what the wheel's list of hashes says: fetch it again`);
      }
      const target = join(unfinished, data ?? info);
      mkdirSync(dirname(target), { recursive: true });
      copyFileSync(source, target);
      chmodSync(target, data?.startsWith('bin/') === true ? 0o755 : 0o644);
    }
  });
}

const build = BUILDS[arch];
if (platform !== 'linux' || build === undefined) {
  throw new Error(`there is an MPICH for Linux on x64 and arm64, this is ${platform}/${arch}`);
}
if (!existsSync(MPICH_FOLDER) || argv[2] !== undefined) {
  await withWheel(
    { requirement: `mpich==${MPICH_VERSION}`, platformTag: build.platformTag },
    argv[2],
    (unpacked) => install(unpacked, build),
  );
}
stdout.write(`${MPICH_FOLDER}\n`);
