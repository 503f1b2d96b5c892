/**
 * What can go wrong with NCCL. In: a function's name, its result, NCCL's own words. Out: an error that says what helps. After it
 * the GPUs' ranks are out of step: the process ends, and takes the others along.
 */

/** By ncclResult_t. */
const HELP: ReadonlyMap<number, string> = new Map([
  [
    1,
    'the driver is older than what NCCL was built for, or a GPU failed: see `nvidia-smi` and the log of the kernel',
  ],
  [2, 'a network interface (NCCL_SOCKET_IFNAME names the right one) or /dev/shm, which may be too small'],
  [3, 'a fault of NCCL itself, or memory that was overwritten: try another version'],
  [4, 'the ranks have different versions of NCCL, or a fault of this program'],
  [5, 'two ranks on one GPU, or ranks with different versions of NCCL'],
  [6, 'another rank failed or lost its network: see its log first'],
]);

/** A function of NCCL failed; the message has its name, NCCL's own words, and where to look. */
export class NcclCallError extends Error {
  override readonly name = 'NcclCallError';

  constructor(doing: string, result: number, words: { readonly kind: string; readonly last: string }) {
    const help = HELP.get(result) ?? 'a result that this program does not know';
    const last = words.last === '' ? '' : ` (${words.last})`;
    super(`${doing} failed: ${words.kind}${last}. Likely: ${help}; NCCL_DEBUG=WARN makes it say more`);
  }
}
