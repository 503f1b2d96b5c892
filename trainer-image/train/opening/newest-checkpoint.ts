/**
 * The checkpoint that all workers go on from: the newest whole one that the first finds, whatever the others would see of the
 * folder. In: the store of checkpoints. Out: the same checkpoint on every worker, or none on all.
 */
import { decodeCheckpoint, encodeCheckpoint, ofFirstWorker } from '../checkpoints/checkpoint.ts';
import type { CheckpointStore, FoundCheckpoint } from '../checkpoints/checkpoint-store.ts';
import type { Collective } from '../collective/collective.ts';

/** @throws what reading throws, on the first worker. */
export async function newestCheckpoint(
  checkpoints: Pick<CheckpointStore, 'newest'>,
  collective: Pick<Collective, 'rank' | 'size' | 'broadcastBytes'>,
): Promise<FoundCheckpoint | null> {
  const { rank, size } = collective;
  const found = rank === 0 ? await checkpoints.newest() : null;
  if (size === 1) {
    return found;
  }
  const told = found === null ? new Uint8Array(0) : encodeCheckpoint(found.checkpoint, null);
  const bytes = await collective.broadcastBytes(told);
  if (rank === 0 || bytes.length === 0) {
    return found;
  }
  const checkpoint = decodeCheckpoint(bytes);
  return { reference: ofFirstWorker(checkpoint.place), checkpoint, skipped: [] };
}
