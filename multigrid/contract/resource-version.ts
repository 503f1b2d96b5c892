/**
 * Which of two versions of one object is the older. In come resourceVersions, which Kubernetes since 1.35 promises to be
 * whole numbers that grow, as those of a `job.yaml` are.
 */

/** What has no version, or one of another form, is never older. Versions may be longer than a number holds. */
export function isOlderVersion(version: string | undefined, than: string | undefined): boolean {
  if (version === undefined || than === undefined || !/^\d+$/.test(version) || !/^\d+$/.test(than)) {
    return false;
  }
  return BigInt(version) < BigInt(than);
}
