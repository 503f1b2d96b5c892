/**
 * Where checkpoints lie in a job's output folder. In: the names of the files there. Out: the newest checkpoint. Pure. Each has its
 * tensors in one file and, in a small one beside it, what they are; the small one comes last.
 */
export const CHECKPOINT_FOLDER = 'checkpoints';
/** Name of the small file beside a checkpoint, which is there only when the checkpoint is whole. */
export const CHECKPOINT_MANIFEST = /^iteration-(\d{8})\.json$/;

/** The small file of the newest whole checkpoint; null: there is none. */
export function newestManifest(names: readonly string[]): string | null {
  return (
    names
      .filter((name) => CHECKPOINT_MANIFEST.test(name))
      .toSorted()
      .at(-1) ?? null
  );
}
