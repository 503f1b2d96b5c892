/**
 * How many processes train: each is a worker to the plan. In: the workers of a manifest. Out: their number. Pure.
 */

/** @param workers - pods in a cluster, and the processes in each */
export function ranksOf(workers: { readonly replicas: number; readonly processesPerWorker: number }): number {
  return workers.replicas * workers.processesPerWorker;
}
