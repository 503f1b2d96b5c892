/**
 * The stand-in for NCCL and the driver (test/fixtures/nccl), built where there is a C compiler. In: a folder. Out: the library's
 * file, in a folder that the loader can search under both names, or its functions in this process; without a compiler the reason.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { openLibrary } from '../../../trainer-image/native/c-library.ts';
import type { GpuCommunicatorOptions } from '../../../trainer-image/nccl/gpu-communicator.ts';
import { NcclFunctions } from '../../../trainer-image/nccl/nccl-functions.ts';

const SOURCE = join(import.meta.dirname, '..', '..', 'fixtures', 'nccl', 'stand_in.c');
const COMPILER = process.env['CC'] ?? 'cc';

/** Null: it can be built. */
export function whyNoStandIn(): string | null {
  return spawnSync(COMPILER, ['--version']).status === 0 ? null : `there is no C compiler (${COMPILER})`;
}

/** @param folder - gets the library; a variable of the loader names it */
export function buildStandIn(folder: string): string {
  const library = join(folder, 'libnccl.so.2');
  execFileSync(COMPILER, ['-O1', '-shared', '-fPIC', SOURCE, '-o', library], { stdio: 'inherit' });
  symlinkSync(library, join(folder, 'libcuda.so.1'));
  return library;
}

/** The stand-in as the library of this process, which is rank 0 of its own. */
export interface StandIn {
  readonly nccl: NcclFunctions;
  readonly stream: GpuCommunicatorOptions['stream'];
  /** What was called so far, as C saw it. */
  readonly calls: () => readonly string[];
}

/** @param fault - as `STAND_IN_FAULT` */
export function openStandIn(folder: string, fault = ''): StandIn {
  const library = openLibrary(buildStandIn(folder));
  if (typeof library === 'string') {
    throw new Error(library);
  }
  const set = library.function('stand_in_set', 'void', ['str', 'str']);
  set('STAND_IN_FOLDER', folder);
  set('STAND_IN_FAULT', fault);
  set('PMI_RANK', '0');
  const query = library.function('cuStreamQuery', 'int', ['uintptr_t']);
  const address = 0x5757n;
  const none = (): void => undefined;
  return {
    nccl: new NcclFunctions(library),
    stream: { address, isIdle: () => query(address) === 0, makeCurrent: none, retain: none, release: none },
    calls: () => readFileSync(join(folder, 'calls-0'), 'utf8').trim().split('\n'),
  };
}
