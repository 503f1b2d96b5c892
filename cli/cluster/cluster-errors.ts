/**
 * What can stand between a command and a cluster, each with what to do about it: errors of this room, and what a person can
 * do about those of the client.
 */
import { messageOf } from '../../multigrid/errors/message-of.ts';
import { ApiError, ApiUnreachableError } from '../../kube/api-errors.ts';

/** Ancestor of all of them. */
export abstract class ClusterError extends Error {
  override readonly name: string = 'ClusterError';
}

/** There is no cluster to talk to: nothing says where one would be. */
export class NoKubeconfigError extends ClusterError {
  override readonly name = 'NoKubeconfigError';

  constructor(lookedAt: string) {
    super(
      `no cluster is configured: ${lookedAt} does not exist; set KUBECONFIG or give --kubeconfig <file>` +
        '; `multigrid status --output <folder>` shows a run on this machine',
    );
  }
}

export class CrdMissingError extends ClusterError {
  override readonly name = 'CrdMissingError';

  constructor(server: string) {
    super(
      `the cluster at ${server} has no MultigridTrainingJobs: install the chart charts/multigrid-operator, or apply crds/multigridtrainingjob.yaml`,
    );
  }
}

export class JobNotFoundError extends ClusterError {
  override readonly name = 'JobNotFoundError';

  constructor(namespace: string, name: string, closest: string | null) {
    const hint =
      closest === null
        ? '`multigrid status -A` lists the jobs of all namespaces'
        : `did you mean ${closest}?`;
    super(`namespace ${namespace} has no job ${name}; ${hint}`);
  }
}

/** There is no log to show, and why. */
export class NoLogError extends ClusterError {
  override readonly name = 'NoLogError';
}

/** What came is not what the API promises. */
export class UnsoundAnswerError extends ClusterError {
  override readonly name = 'UnsoundAnswerError';

  constructor(path: string, problem: string) {
    super(`the API server's answer to ${path} ${problem}`);
  }
}

/** What the client threw, for a person at a terminal. */
export function apiErrorInWords(error: ApiError | ApiUnreachableError): string {
  if (error instanceof ApiUnreachableError) {
    return `the API server at ${error.server} does not answer: ${error.why}`;
  }
  const advice = ADVICE[error.status];
  return advice === undefined ? error.answer : `${error.answer}; ${advice}`;
}

/** By HTTP status. */
const ADVICE: Readonly<Record<number, string>> = {
  401: 'the credentials in the kubeconfig are invalid or have expired',
  403: 'ask a cluster administrator for the role view (to look) or edit (to train)',
};

/** Any error as one line. */
export function anyErrorInWords(error: unknown): string {
  if (error instanceof ApiError || error instanceof ApiUnreachableError) {
    return apiErrorInWords(error);
  }
  return messageOf(error);
}
