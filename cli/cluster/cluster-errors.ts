/**
 * What can stand between a command and a cluster, each with what to do about it. Thrown in this room, shown by
 * explain-error.ts.
 */

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

export class KubeconfigError extends ClusterError {
  override readonly name = 'KubeconfigError';

  constructor(file: string, problem: string, options?: ErrorOptions) {
    super(`the kubeconfig ${file} cannot be used: ${problem}`, options);
  }
}

export class ApiUnreachableError extends ClusterError {
  override readonly name = 'ApiUnreachableError';

  constructor(server: string, reason: string, options?: ErrorOptions) {
    super(`the API server at ${server} does not answer: ${reason}`, options);
  }
}

/** The API server answered, and refused. */
export class ApiRefusedError extends ClusterError {
  override readonly name: string = 'ApiRefusedError';
  /** HTTP status. */
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

export class ForbiddenError extends ApiRefusedError {
  override readonly name = 'ForbiddenError';

  constructor(message: string) {
    super(
      403,
      `${message}; ask whoever administers the cluster for the role view (to look) or edit (to train)`,
    );
  }
}

export class UnauthorizedError extends ApiRefusedError {
  override readonly name = 'UnauthorizedError';

  constructor(server: string) {
    super(
      401,
      `the API server at ${server} does not know who you are: the credentials in the kubeconfig are not valid (any more)`,
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
