/**
 * Which shared libraries a shared library needs, and whether they are there: a build for CUDA 12 and one for CUDA 13 need other
 * files, and a message should name the one that is missing. In: a path. Out: names, as the system's own loader lists them; it
 * looks where it would when loading, and runs nothing of what it finds.
 */
import { spawnSync } from 'node:child_process';
import { arch as ownArch, env as ownEnv } from 'node:process';

export interface LibraryFinding {
  /** A path, or a name that the system's loader looks for. */
  readonly library: string;
  readonly isFound: boolean;
}

/** glibc's loader, by Node's name of the architecture. ONNX Runtime comes for no other C library. */
const LOADERS: ReadonlyMap<string, string> = new Map([
  ['x64', '/lib64/ld-linux-x86-64.so.2'],
  ['arm64', '/lib/ld-linux-aarch64.so.1'],
]);

/** The loader then lists what it would load instead of starting a program, and goes on after what is missing, as for `ldd`. */
const LISTING = { LD_TRACE_LOADED_OBJECTS: '1' };

/** Names as the loader looks them up, e.g. `libcudart.so.13`; empty when it cannot read the file, or there is no such loader. */
export function neededLibraries(path: string): readonly LibraryFinding[] {
  const loader = LOADERS.get(ownArch);
  const listed =
    loader === undefined
      ? null
      : spawnSync(loader, [path], { encoding: 'utf8', env: { ...ownEnv, ...LISTING } });
  // Lines are `name => path (address)` or `name => not found`; what a process has anyway comes without an arrow.
  return [...(listed?.stdout ?? '').matchAll(/^\s*(\S+) => (.*)$/gm)].map(([, library = '', place]) => ({
    library,
    isFound: place !== 'not found',
  }));
}
