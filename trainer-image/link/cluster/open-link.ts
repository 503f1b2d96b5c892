/**
 * Opens the link of a trainer in a pod: credentials of its service account, the job it belongs to, the lock of its output
 * folder, which the job may say is free. A folder that another job uses is said to be so while it is waited for. Loaded only
 * in a cluster, since the client costs a second to load.
 */
import { ApiClient } from '../../../kube/api-client.ts';
import { ClusterAccess } from '../../../kube/cluster-access.ts';
import type { JobFileEffects } from '../../../job-store/file-effects.ts';
import type { KnownHolder } from '../../../job-store/lock-holder.ts';
import { REPORTS } from '../../../multigrid/contract/timings.ts';
import { identityOf } from '../../../multigrid/object/job-identity.ts';
import type { JobLink } from '../job-link.ts';
import type { FileWork } from '../../../storage/patience.ts';
import { isHeldForAnother, lockOutput, TRAINER_LOCK } from '../output-lock.ts';
import { ApiServer, type JobAddress } from './api-server.ts';
import { ClusterJobLink, type ClusterJobLinkOptions } from './cluster-job-link.ts';

export interface OpenLinkOptions extends Pick<ClusterJobLinkOptions, 'onGone' | 'logger' | 'probedMs'> {
  readonly job: JobAddress;
  /** Name of this pod, by which people know whose lock it is. */
  readonly podName: string;
  /** By which the operator tells that this pod has ended; undefined: nobody can tell. */
  readonly podUid: string | undefined;
  /** Only rank 0 reports and writes. */
  readonly rank: number;
  readonly outputDir: string;
  /** Waits for a disk that is in trouble. */
  readonly patience: FileWork;
  readonly effects: JobFileEffects;
  /** A kubeconfig to go by instead of the pod's service account: for a trainer outside of pods. */
  readonly kubeconfig: string | undefined;
  /** Ends the wait for the lock. */
  readonly signal: AbortSignal;
  /** Another trainer has taken the output folder over. */
  readonly onLockLost: (error: unknown) => void;
  /** Says through the link that another job uses the folder, and goes on saying it until the signal aborts. */
  readonly sayInUse: (link: JobLink, holder: KnownHolder, signal: AbortSignal) => Promise<void>;
}

/**
 * @throws LockTimeoutError when an earlier trainer of the folder goes on living; OutputNotWritableError; the signal's
 *   reason.
 */
export async function openClusterLink(options: OpenLinkOptions): Promise<ClusterJobLink> {
  const { podName, podUid, rank, outputDir, signal, onGone, onLockLost, logger, probedMs, patience } =
    options;
  const effects = { ...options.effects, host: podName };
  const access =
    options.kubeconfig === undefined
      ? ClusterAccess.ofPod(effects.monotonicNow)
      : ClusterAccess.load(options.kubeconfig, effects.monotonicNow);
  const client = new ApiClient({
    access,
    now: effects.now,
    sleep: effects.sleep,
    random: Math.random,
    userAgent: 'multigrid-trainer',
    timeoutMs: REPORTS.requestTimeoutMs,
  });
  const isReporter = rank === 0;
  const link = new ClusterJobLink({
    name: options.job.name,
    api: new ApiServer({ client, job: options.job, random: Math.random }),
    holder: podName,
    isReporter,
    onGone,
    logger,
    probedMs,
    now: effects.now,
    monotonicNow: effects.monotonicNow,
    sleep: effects.sleep,
    random: Math.random,
  });
  if (!isReporter) {
    return link;
  }
  try {
    const job = identityOf(await link.job(signal));
    const waiting = new AbortController();
    const saying: Promise<void>[] = [];
    const onWaiting = (holder: KnownHolder): void => {
      logger.info('waiting for the output folder', { holder: holder.description });
      if (isHeldForAnother(holder, job)) {
        saying.push(options.sayInUse(link, holder, waiting.signal));
      }
    };
    const lock = await link
      .own((isKnownDead) =>
        patience.with(
          { doing: 'locking', path: `${outputDir}/${TRAINER_LOCK}` },
          () => lockOutput(outputDir, effects, { pod: podUid, job, isKnownDead, onWaiting, signal }),
          signal,
        ),
      )
      .finally(() => {
        waiting.abort();
      });
    await Promise.all(saying);
    lock.lost.addEventListener('abort', () => {
      onLockLost(lock.lost.reason);
    });
    return link;
  } catch (error) {
    await link.close(AbortSignal.abort());
    throw error;
  }
}
