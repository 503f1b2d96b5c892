/**
 * Whose doing an eviction was. In come the kubelet's words (pkg/kubelet/eviction/helpers.go), out comes what to do where the
 * pod itself had taken more than it may; they are the only thing in which that differs from a node that needs room.
 */

const EXCESSES: readonly (readonly [RegExp, (what: string) => string])[] = [
  [
    /Usage of EmptyDir volume "output" exceeds/,
    () => 'raise the sizeLimit in spec.volumes.output, or keep the output on a volume that outlives the pod.',
  ],
  [/Usage of EmptyDir volume "([^"]+)" exceeds/, (name) => `raise the sizeLimit of the volume ${name}.`],
  [
    /ephemeral local storage usage exceeds|exceeded its local ephemeral storage limit/,
    () => 'raise workers.resources.limits.ephemeral-storage.',
  ],
  [
    // Said of pods that use more than they have asked for; of them, a node that is short of something evicts first.
    /has larger consumption of ([a-z-]+)/,
    (resource) =>
      resource === 'memory'
        ? 'raise workers.resources.requests.memory to what the trainer needs, or lower workers.microBatch or data.loader.cacheMiB.'
        : `raise workers.resources.requests.${resource} to what the trainer needs.`,
  ],
];

/** @returns null when the pod had taken no more than it may. */
export function ownExcess(said: string): string | null {
  for (const [pattern, advice] of EXCESSES) {
    const found = pattern.exec(said);
    if (found !== null) {
      return advice(found[1] ?? '');
    }
  }
  return null;
}
