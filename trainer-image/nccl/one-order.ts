/**
 * One order of summing, whatever the size of the block: NCCL chooses among algorithms and protocols by what it expects to be
 * fastest, and each adds up in an order of its own. In: nothing. Out: the variables that NCCL reads, in the process's own
 * environment, where nobody has set them.
 */
import { openLibrary } from '../native/c-library.ts';

/**
 * A ring adds up every number along one way round the GPUs. (In a tree, or in the switches of NVLink, the order is another, and the
 * switches promise none.) `Simple` is the protocol for large blocks; the others cut them into other pieces.
 */
const VARIABLES: Readonly<Record<string, string>> = { NCCL_ALGO: 'Ring', NCCL_PROTO: 'Simple' };

const KEEP = 0;

/** Before NCCL's first call, which reads them. Of C's environment: NCCL does not see what Node keeps for itself on a thread. */
export function askForOneOrder(): void {
  const libc = openLibrary('libc.so.6');
  if (typeof libc !== 'string') {
    const setenv = libc.function('setenv', 'int', ['str', 'str', 'int']);
    for (const [name, value] of Object.entries(VARIABLES)) {
      setenv(name, value, KEEP);
    }
  }
}
