/**
 * The environment variables by which a trainer is told who it is and where its job, its data and its results are. Whoever
 * starts a trainer sets them, in a pod or on one machine; what each must hold is checked by the trainer.
 */
export const TRAINER_ENV = {
  /** In a cluster: namespace of the job. Not set, the trainer follows a file. */
  jobNamespace: 'MULTIGRID_JOB_NAMESPACE',
  /** In a cluster: name of the job. */
  jobName: 'MULTIGRID_JOB_NAME',
  /** On one machine: path of `job.yaml`. */
  jobFile: 'MULTIGRID_JOB_FILE',
  /** Folder that the paths of the video lists start from. */
  dataRoot: 'MULTIGRID_DATA_ROOT',
  /** Folder for checkpoints and results. */
  output: 'MULTIGRID_OUTPUT',
  /** This worker among all, from 0. */
  rank: 'MULTIGRID_RANK',
  /** How many workers there are; 1 when not set. */
  worldSize: 'MULTIGRID_WORLD_SIZE',
  /** Port of /metrics and /healthz; none when not set. */
  metricsPort: 'MULTIGRID_METRICS_PORT',
  /** Name of the trainer's pod. */
  podName: 'MULTIGRID_POD_NAME',
  /** Uid of the trainer's pod. */
  podUid: 'MULTIGRID_POD_UID',
  /** Cores to use, instead of those that there are. */
  cores: 'MULTIGRID_CORES',
  /** File of another build of ONNX Runtime. */
  onnxRuntime: 'MULTIGRID_ONNXRUNTIME',
  /** How many trainer processes a worker has; 1 when not set. */
  processesPerWorker: 'MULTIGRID_PROCESSES_PER_WORKER',
  /** In a cluster: folder of the token by which the workers of a job know each other, where it is not in its usual place. */
  workersToken: 'MULTIGRID_WORKERS_TOKEN',
  /** Of every process that a worker's supervisor starts: which supervisor it was. */
  supervisorMark: 'MULTIGRID_SUPERVISOR',
  /** Folder of another build of MPICH. */
  mpich: 'MULTIGRID_MPICH',
  /** File of another build of NCCL. */
  nccl: 'MULTIGRID_NCCL',
} as const;

/**
 * Variables that a job may not set: what a trainer is told about itself, and what makes its process load other code or
 * speak to another API server. The CRD has the same expression in CEL.
 */
const RESERVED = /^(?:NODE_OPTIONS|KUBECONFIG|LD_.*|MULTIGRID_.*)$/su;

/** Whether the manifest's `workers.template.env` may not hold a variable of this name. */
export function isReservedVariable(name: string): boolean {
  return RESERVED.test(name);
}
