/**
 * Where NCCL is: where a setting says, in a folder of its own beside npm's packages, or where the system's loader looks (images
 * with CUDA have it there). In: that setting. Out: its functions and version, or why there is none. Loads it; needs no GPU.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../multigrid/errors/message-of.ts';
import { openLibrary } from '../native/c-library.ts';
import { OLDEST_VERSION, versionText } from './abi.ts';
import { NcclFunctions } from './nccl-functions.ts';

export const NCCL_VERSION = '2.31.2';

/** The version is in the name, so that a newer one is never taken for this one. */
export const NCCL_FOLDER = join(import.meta.dirname, '..', '..', 'node_modules', `.nccl-${NCCL_VERSION}`);

export const NCCL_FILE = 'libnccl.so.2';

export type NcclFinding =
  | {
      readonly isFound: true;
      readonly nccl: NcclFunctions;
      /** A path, or the name that the system's loader found it by. */
      readonly library: string;
      /** As `NCCL_VERSION_CODE`. */
      readonly version: number;
    }
  | { readonly isFound: false; readonly reason: string };

/** @param setting - the library's file, when it is none of those that are looked for. */
export function findNccl(setting?: string): NcclFinding {
  const installed = join(NCCL_FOLDER, NCCL_FILE);
  const library = setting ?? (existsSync(installed) ? installed : NCCL_FILE);
  const opened = openLibrary(library);
  if (typeof opened === 'string') {
    return {
      isFound: false,
      reason: `${library} cannot be loaded (${opened}): run \`npm run install:nccl\`, or take the CUDA image of the trainer`,
    };
  }
  try {
    const nccl = new NcclFunctions(opened);
    const version = nccl.version();
    return version < OLDEST_VERSION
      ? {
          isFound: false,
          reason: `${library} is NCCL ${versionText(version)}, at least ${versionText(OLDEST_VERSION)} is needed: run \`npm run install:nccl\``,
        }
      : { isFound: true, nccl, library, version };
  } catch (error) {
    return { isFound: false, reason: `${library} is not an NCCL that can be used: ${messageOf(error)}` };
  }
}
