/**
 * Where `multigrid status` reads jobs: a cluster, or the folder of a run on this machine. One interface for both, so
 * that what is shown is the same. In come the command's flags, out comes a source.
 */
import { existsSync } from 'node:fs';
import { JobFile } from '../../job-store/job-file.ts';
import { watchJobFile } from '../../job-store/job-file-watch.ts';
import type { StoredJob } from '../../multigrid/object/job-object.ts';
import { nodeEffects } from '../../job-store/node-effects.ts';
import { apiErrorInWords } from '../cluster/cluster-errors.ts';
import { getJob, listJobs, type NamespaceChoice, watchJobs } from '../cluster/jobs.ts';
import { StoredPlans } from '../cluster/stored-plans.ts';
import { connect, type ClusterChoice } from '../cluster/connect.ts';

export interface WatchHooks {
  /** All jobs, at first and after every change. */
  readonly onJobs: (jobs: readonly StoredJob[]) => void;
  /** What a person should know meanwhile. */
  readonly onNotice: (message: string) => void;
}

export interface JobSource {
  /** @throws when there is no such job, or the source cannot be read */
  list(): Promise<readonly StoredJob[]>;
  /**
   * Until the signal aborts.
   *
   * @throws what `onJobs` throws, and when the source cannot be read
   */
  watch(hooks: WatchHooks, signal: AbortSignal): Promise<void>;
}

export interface ClusterSource {
  readonly cluster: ClusterChoice;
  /** Undefined: the one of the kubeconfig's context; null: all. */
  readonly namespace: NamespaceChoice | undefined;
  readonly name: string | undefined;
}

export async function clusterSource({ cluster, namespace: asked, name }: ClusterSource): Promise<JobSource> {
  const connected = await connect(cluster);
  const namespace = asked === undefined ? connected.namespace : asked;
  const plans = new StoredPlans(connected.client);
  return {
    list: async () =>
      name === undefined || namespace === null
        ? await listJobs(connected, namespace)
        : [await plans.join(await getJob(connected, namespace, name))],
    watch: async ({ onJobs, onNotice }, signal) => {
      const failure = new AbortController();
      const show =
        name === undefined
          ? onJobs
          : inTurn(plans, onJobs, (error) => {
              failure.abort(error);
            });
      await watchJobs(
        connected,
        {
          namespace,
          ...(name === undefined ? {} : { name }),
          onJobs: show,
          onOutage: (error) => {
            onNotice(`${apiErrorInWords(error)}; trying again`);
          },
        },
        AbortSignal.any([signal, failure.signal]),
      );
      failure.signal.throwIfAborted();
    },
  };
}

/**
 * Shows jobs with their plans, one version after the other.
 *
 * @param onError - told what `onJobs` throws; nothing is shown after it
 */
function inTurn(
  plans: StoredPlans,
  onJobs: WatchHooks['onJobs'],
  onError: (error: unknown) => void,
): WatchHooks['onJobs'] {
  let before = Promise.resolve();
  return (jobs) => {
    const joined = Promise.all(jobs.map((job) => plans.join(job)));
    before = before.then(async () => {
      onJobs(await joined);
    });
    before.catch(onError);
  };
}

/** The one job of a run's folder. */
export function folderSource(folder: string): JobSource {
  const file = new JobFile(folder, nodeEffects);
  return {
    list: async () => [await file.read()],
    watch: ({ onJobs }, signal) =>
      watchJobFile(
        file,
        nodeEffects,
        async () => {
          onJobs(existsSync(file.path) ? [await file.read()] : []);
        },
        signal,
      ),
  };
}
