// Generated from crds/multigridtrainingjob.yaml by scripts/generate-types.ts. Do not edit.

/**
 * A MultigridTrainingJob trains a video classifier with the multigrid method. The spec describes the baseline recipe; the multigrid part transforms it into a schedule of coarse and fine shapes. Without that part the same object trains the baseline, which is the control run.
 */
export interface MultigridTrainingJob {
  /**
   * The version of the schema of this object, training.multigrid.dev/v1alpha1.
   */
  apiVersion?: string;
  /**
   * The kind of this object, MultigridTrainingJob.
   */
  kind?: string;
  metadata: ObjectMeta;
  spec: JobSpec;
  status?: JobStatus;
}
export interface ObjectMeta {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  labels?: {
    [k: string]: string;
  };
  annotations?: {
    [k: string]: string;
  };
  finalizers?: string[];
  [k: string]: unknown;
}
/**
 * What to train, on which data, by which recipe, and how the job is run.
 */
export interface JobSpec {
  /**
   * The network to train.
   */
  model: {
    /**
     * Which network of the model zoo, when it is one of them; `multigrid models` lists them with their sizes. The form in the name, as in 8x8, is the frames and stride the network was published with (of SlowFast's slow pathway); recipe.frames and recipe.stride decide. The small ones have the layout of the full networks with fewer stages and channels; architecture changes any.
     */
    name?:
      | 'slowfast-small'
      | 'i3d-small'
      | 'c2d-small'
      | 'slow-small'
      | 'i3d-nln-small'
      | 'slowfast-nln-small'
      | 'c2d-8x8-r50'
      | 'c2d-8x8-r101'
      | 'c2d-nln-8x8-r50'
      | 'c2d-nln-8x8-r101'
      | 'i3d-8x8-r50'
      | 'i3d-8x8-r101'
      | 'i3d-nln-8x8-r50'
      | 'i3d-nln-8x8-r101'
      | 'slow-4x16-r50'
      | 'slow-4x16-r101'
      | 'slow-8x8-r50'
      | 'slow-8x8-r101'
      | 'slow-nln-4x16-r50'
      | 'slow-nln-8x8-r50'
      | 'slowfast-4x16-r50'
      | 'slowfast-8x8-r50'
      | 'slowfast-16x8-r50'
      | 'slowfast-nln-4x16-r50'
      | 'slowfast-nln-8x8-r50'
      | 'slowfast-4x16-r101-50-50'
      | 'slowfast-8x8-r101-50-50'
      | 'slowfast-8x8-r101-50-101'
      | 'slowfast-8x8-r101-101-101'
      | 'slowfast-16x8-r101-50-50'
      | 'slowfast-nln-16x8-r101-50-50';
    /**
     * A network of your own: an ONNX file exported from PyTorch. See docs/onnx-networks.md for how to export it and `multigrid operators` for what it may be made of.
     */
    onnx?: {
      /**
       * The file, opset 17 to 23, with one input (the clip, float32 [N, 3, T, H, W] or [N, T, 3, H, W]) and one output (the logits). Relative to the data volume in a cluster and to the manifest's folder on one machine.
       */
      path: string;
      /**
       * Mean of the pixels in [0, 1], red, green and blue, decimals. Default 0.45 each.
       *
       * @minItems 3
       * @maxItems 3
       */
      mean?: string[];
      /**
       * Standard deviation of the pixels in [0, 1], red, green and blue, decimals above 0. Default 0.225 each.
       *
       * @minItems 3
       * @maxItems 3
       */
      deviation?: string[];
      /**
       * Beginnings of names of stored tensors that are not trained, such as buffers, which a file does not tell from parameters.
       *
       * @maxItems 256
       */
      frozen?: string[];
    };
    /**
     * Number of classes; labels in the data lists run from 0 to one less.
     */
    numClasses: number;
    /**
     * Probability with which a feature is dropped before the classifier in training, a decimal from 0 to below 1.
     */
    dropout?: string;
    /**
     * Size of the network. Fields left out have the defaults of the named network.
     */
    architecture?: {
      /**
       * Channels of the stem (SlowFast, of the slow pathway). Default 64, 16 in the small networks.
       */
      width?: number;
      /**
       * Residual blocks of every stage, one to four stages. Default the network's; [1, 1, 1] in the small ones.
       *
       * @minItems 1
       * @maxItems 4
       */
      blocks?: number[];
      /**
       * Channels out of a bottleneck over channels inside it. Default 4.
       */
      expansion?: number;
      /**
       * Side of the stem's convolution kernel, pixels, odd. Default 7, 5 in the small networks.
       */
      stemKernel?: number;
      /**
       * SlowFast, frames of the fast pathway over frames of the slow one. Default 4, 8 in the 4x16 networks.
       */
      alpha?: number;
      /**
       * SlowFast, channels of the slow pathway over channels of the fast one. Default 8, 4 in the small networks.
       */
      betaInv?: number;
      /**
       * SlowFast, temporal kernel of the connections from the fast to the slow pathway, odd. Default 5 or 7, the network's.
       */
      fusionKernel?: number;
      /**
       * Whether the last batch norm of every residual and non-local block starts with gamma 0. Default true.
       */
      zeroInitFinalGamma?: boolean;
      /**
       * For every stage, how many of its leading blocks keep their temporal kernel; the others see single frames. SlowFast, of the slow pathway. All blocks when left out, or as the name says (50-50).
       *
       * @minItems 1
       * @maxItems 4
       */
      temporalBlocks?: number[];
      /**
       * As temporalBlocks, of SlowFast's fast pathway.
       *
       * @minItems 1
       * @maxItems 4
       */
      fastTemporalBlocks?: number[];
      /**
       * Non-local blocks, in which every position sees all positions of its clip. SlowFast, in the slow pathway. As the network's name says when left out.
       */
      nonLocal?: {
        /**
         * For every stage, the residual blocks that a non-local block follows, numbered from 0. [[], [1, 3], [1, 3, 5]] in the published networks; [] for none.
         *
         * @minItems 0
         * @maxItems 4
         */
        blocks: number[][];
        /**
         * How the products of two positions' features become weights. softmax over all positions, the default of C2D and I3D; dot-product divides by their number, the default of Slow and SlowFast.
         */
        similarity?: 'softmax' | 'dot-product';
      };
    };
    /**
     * Weights to start from, once, when training begins; a checkpoint of the run itself takes precedence. The run's pretrained.json lists what was loaded, initialised or unused.
     */
    pretrained?: {
      /**
       * File of weights, relative to the data volume in a cluster and to the manifest's folder on one machine. Names of this product, of PySlowFast, PyTorchVideo and torchvision are understood.
       */
      path: string;
      /**
       * Form of the file. safetensors also stands for a checkpoint of another run; onnx takes the stored tensors of a model whose batch norms were not folded away.
       */
      format?: 'safetensors' | 'onnx';
      /**
       * Whether layers other than the classifier may keep their first values when the file has nothing that fits them. The classifier may always, when the file has another number of classes or none.
       */
      allowMissing?: boolean;
    };
  };
  /**
   * The videos and their labels. Paths are relative to the data volume in a cluster and to the manifest's folder on one machine.
   */
  data: {
    /**
     * Form of the lists. kinetics is one video a line, the path and the class number with the separator between them; with binary-cross-entropy any number of class numbers with commas between them.
     */
    format?: 'kinetics';
    /**
     * List of training videos.
     */
    train: string;
    /**
     * List of videos that the network is evaluated on during training.
     */
    val: string;
    /**
     * List of videos for the multi-view test at the end. The val list when left out.
     */
    test?: string;
    /**
     * Folder that the paths in the lists start from. The folder of the list itself when left out.
     */
    root?: string;
    /**
     * File with the name of one class a line, in the order of the class numbers; names appear in reports and in the exported model.
     */
    classes?: string;
    /**
     * Number of training videos. Needed only where the plan is made by something that cannot read the train list.
     */
    clips?: number;
    /**
     * Smallest and largest short side, pixels, that a training frame is scaled to before a square is cropped out of it. The smallest shrinks with the crop in coarse phases.
     *
     * @minItems 2
     * @maxItems 2
     */
    jitterScales: number[];
    /**
     * Whether half of the training clips are mirrored. Switch off when left and right tell classes apart.
     */
    flip?: boolean;
    /**
     * How videos are read and decoded.
     */
    loader?: {
      /**
       * Decoder processes per worker; 0 means one per core.
       */
      decoders?: number;
      /**
       * Share of the videos that may be unreadable before the job fails, a decimal from 0 to 1.
       */
      maxBadFraction?: string;
      /**
       * Memory for decoded frames over all decoders of a worker, MiB; 0 decodes every clip again.
       */
      cacheMiB?: number;
      /**
       * Separator between the columns of the lists.
       */
      separator?: string;
    };
  };
  /**
   * The baseline recipe, shape and schedule as they would be without the multigrid method.
   */
  recipe: {
    /**
     * Frames of a clip.
     */
    frames: number;
    /**
     * Distance between the frames of a clip, in frames of the video at 30 frames a second.
     */
    stride: number;
    /**
     * Side of the square that the network sees, pixels.
     */
    cropSize: number;
    /**
     * Clips per step over all workers.
     */
    batchSize: number;
    /**
     * Epochs of the baseline.
     */
    epochs: number;
    /**
     * steps multiplies the learning rate by gamma at every step; cosine lowers it along half a cosine. With the long cycle both are multiplied by the batch factor of the phase.
     */
    learningRatePolicy?: 'steps' | 'cosine';
    /**
     * First epoch of every stage, from 0 on. The stages carry the long cycle, with the cosine policy too. One stage, [0], when left out.
     *
     * @minItems 1
     * @maxItems 16
     */
    steps?: number[];
    /**
     * Factor on the learning rate from one stage to the next, a decimal above 0, at most 1.
     */
    gamma?: string;
    /**
     * Factor on the learning rate for every stage, decimals, in place of the powers of gamma. The long cycle makes its factors from gamma, so with it they must be these powers.
     *
     * @minItems 1
     * @maxItems 16
     */
    relativeLearningRates?: string[];
    /**
     * Learning rate for batchSize, a decimal above 0.
     */
    learningRate: string;
    /**
     * Learning rate at the end of the cosine policy, a decimal.
     */
    finalLearningRate?: string;
    /**
     * Linear rise of the learning rate at the start.
     */
    warmup?: {
      /**
       * Length of the rise, a decimal, in epochs of the schedule that is run; 0 means none.
       */
      epochs?: string;
      /**
       * Learning rate that the rise starts from, a decimal. A tenth of recipe.learningRate when left out.
       */
      learningRate?: string;
    };
    /**
     * How gradients update the weights.
     */
    optimizer?: {
      /**
       * Stochastic gradient descent is the only one.
       */
      type?: 'SGD';
      /**
       * Share of the last update that is kept, a decimal from 0 to below 1.
       */
      momentum?: string;
      /**
       * Whether the momentum looks ahead.
       */
      nesterov?: boolean;
      /**
       * L2 penalty on the weights, a decimal.
       */
      weightDecay?: string;
    };
    /**
     * Whether the weight decay acts on batch-norm parameters and biases too.
     */
    weightDecayOnNormalization?: boolean;
    /**
     * How batch-norm statistics are computed.
     */
    batchNorm?: {
      /**
       * Share of a step's statistics in the running statistics, a decimal above 0, at most 1.
       */
      momentum?: string;
      /**
       * Batches from which statistics are re-estimated, with fixed weights, before every evaluation and checkpoint; 0 uses the running statistics.
       */
      preciseIterations?: number;
      /**
       * Clips whose statistics are taken together in the baseline. When left out, all clips of a step without multigrid, and multigrid.groupSize with it.
       */
      groupSize?: number;
      /**
       * What happens if there are fewer groups than workers. Synchronize lets groups span workers, so that the result does not depend on their number; Never takes statistics over the worker's own clips, which are then fewer than the group size.
       */
      acrossWorkers?: 'Synchronize' | 'Never';
    };
    /**
     * Function that is minimised. cross-entropy takes one class a video and is measured by top-1 accuracy. binary-cross-entropy takes any number, class numbers with commas between them in the lists, and is measured by mean average precision (mAP).
     */
    loss?: 'cross-entropy' | 'binary-cross-entropy';
    /**
     * Number format of the training step. float32; or mixed, float16 activations and products with float32 parameters, statistics and loss, and a loss scale that is found while training. Mixed is meant for GPUs; a CPU computes it correctly but several times slower.
     */
    precision?: 'float32' | 'mixed';
    /**
     * Seed of everything random, initial weights, order and cut of the clips, dropout.
     */
    seed?: number;
    /**
     * Epochs from one evaluation to the next when there is no long cycle; it places its own.
     */
    evaluationIntervalEpochs?: number;
    /**
     * Epochs from one checkpoint to the next when there is no long cycle; it places its own.
     */
    checkpointIntervalEpochs?: number;
    /**
     * The multi-view test at the end.
     */
    test?: {
      /**
       * Clips taken evenly over the length of each video.
       */
      temporalViews?: number;
      /**
       * Crops of each clip, 1 for the centre, 3 for left, centre and right.
       */
      spatialViews?: 1 | 3;
      /**
       * Side of the test crop, pixels; frames are scaled so that it is their short side. recipe.cropSize when left out.
       */
      cropSize?: number;
    };
  };
  /**
   * The multigrid schedule. An empty object means both cycles with the published settings; without this part the job trains the baseline.
   */
  multigrid?: {
    /**
     * Shapes that every learning-rate stage runs through, coarse to fine, with batch and learning rate raised as the shape shrinks.
     */
    longCycle?: {
      /**
       * Whether there is a long cycle.
       */
      enabled?: boolean;
      /**
       * The shapes, coarse to fine. The last one is also the shape of the fine-tuning at the end.
       *
       * @minItems 1
       * @maxItems 8
       */
      shapes?: {
        /**
         * Factor on recipe.frames, a decimal above 0, at most 2.
         */
        frames: string;
        /**
         * Factor on recipe.cropSize, a decimal above 0, at most 2.
         */
        crop: string;
      }[];
    };
    /**
     * Crops that successive iterations run through, with more clips where the crop is small.
     */
    shortCycle?: {
      /**
       * Whether there is a short cycle.
       */
      enabled?: boolean;
      /**
       * Factors on recipe.cropSize, decimals above 0, at most 2; the crop of the long-cycle shape ends the cycle.
       *
       * @minItems 1
       * @maxItems 7
       */
      crops?: string[];
    };
    /**
     * Epochs of the multigrid schedule over epochs of the baseline, a decimal above 0, at most 5.
     */
    epochFactor?: string;
    /**
     * Clips of the long-cycle shape whose batch-norm statistics are taken together. When left out, recipe.batchNorm.groupSize, or else 8.
     */
    groupSize?: number;
    /**
     * About how often the network is evaluated, and saved, within each phase of the long cycle.
     */
    evaluationsPerPhase?: number;
  };
  /**
   * The processes that train. On one machine replicas, executionProvider, cuda, microBatch, activationMemoryMiB and recompute apply.
   */
  workers?: {
    /**
     * Number of workers, at most recipe.batchSize; they share every batch as evenly as whole batch-norm groups allow, and the result does not depend on their number. Once the job has its plan another number has no effect, and the condition ReplicasIgnored says so.
     */
    replicas?: number;
    /**
     * In a cluster, how many processes train in the pod of each worker: one for each GPU of a node with several. To the plan each of them is a worker. Cannot change once the job has its plan.
     */
    processesPerWorker?: number;
    /**
     * Container image of the trainer. The operator's default when left out.
     */
    image?: string;
    /**
     * What the workers compute on. auto uses a GPU if ONNX Runtime's CUDA library, the NVIDIA driver and a device are present, else the CPU, and logs which and why; cuda fails if one of them is missing.
     */
    executionProvider?: 'auto' | 'cuda' | 'cpu';
    /**
     * Settings of the CUDA execution provider; no effect on a CPU.
     */
    cuda?: {
      /**
       * Index of the GPU among those visible to the worker.
       */
      deviceId?: number;
      /**
       * Limit of ONNX Runtime's memory on the GPU, MiB. No limit when left out.
       */
      memoryLimitMiB?: number;
      /**
       * How cuDNN chooses an algorithm for every convolution. Exhaustive measures all of them whenever a shape is new, Heuristic trusts cuDNN's own model, Default takes the first.
       */
      convolutionSearch?: 'Exhaustive' | 'Heuristic' | 'Default';
      /**
       * Whether float32 products may use TF32, with 10 bits of mantissa, on GPUs that have it (Ampere and later).
       */
      tf32?: boolean;
      /**
       * How the memory arena grows. AsRequested takes what a step needs, Doubling twice as much every time.
       */
      arenaGrowth?: 'AsRequested' | 'Doubling';
    };
    /**
     * Maximum clips per run of the training graph; a batch may take several runs. 0 means as many as memory allows, which is probed before training.
     */
    microBatch?: number;
    /**
     * Limit of the main memory of all runs of the training graph together, MiB. A step that needs more is split into smaller micro-batches. 0 means what the container's limit, or else the machine, leaves after parameters and decoders.
     */
    activationMemoryMiB?: number;
    /**
     * Whether the activations inside residual blocks are recomputed in the backward pass instead of being kept, which saves memory and costs time. Auto does so only if not even one batch-norm group fits otherwise.
     */
    recompute?: 'Never' | 'Auto' | 'Always';
    /**
     * Compute resources of each worker.
     */
    resources?: {
      /**
       * The most a worker may use.
       */
      limits?: {
        [k: string]: number | string;
      };
      /**
       * What a worker is given at least.
       */
      requests?: {
        [k: string]: number | string;
      };
    };
    /**
     * Additions to the pod of every worker. The fields are those of a pod.
     */
    template?: {
      /**
       * Labels of the pods.
       */
      labels?: {
        [k: string]: string;
      };
      /**
       * Annotations of the pods.
       */
      annotations?: {
        [k: string]: string;
      };
      /**
       * Labels that a node must have.
       */
      nodeSelector?: {
        [k: string]: string;
      };
      /**
       * Taints that the pods tolerate.
       *
       * @maxItems 64
       */
      tolerations?: {
        [k: string]: unknown;
      }[];
      /**
       * Affinity of the pods.
       */
      affinity?: {
        [k: string]: unknown;
      };
      /**
       * How the pods spread over the cluster.
       *
       * @maxItems 16
       */
      topologySpreadConstraints?: {
        [k: string]: unknown;
      }[];
      /**
       * Priority class of the pods.
       */
      priorityClassName?: string;
      /**
       * Runtime class of the pods.
       */
      runtimeClassName?: string;
      /**
       * Scheduler that places the pods.
       */
      schedulerName?: string;
      /**
       * Service account of the pods. One made for this job, with rights on this job alone, when left out.
       */
      serviceAccountName?: string;
      /**
       * When the image is pulled.
       */
      imagePullPolicy?: 'Always' | 'IfNotPresent' | 'Never';
      /**
       * Secrets for pulling the image.
       *
       * @maxItems 16
       */
      imagePullSecrets?: {
        /**
         * Name of a secret in the job's namespace.
         */
        name: string;
      }[];
      /**
       * Security context of the pods, laid over the restricted one.
       */
      securityContext?: {
        [k: string]: unknown;
      };
      /**
       * Environment variables of the trainer's container.
       *
       * @maxItems 128
       */
      env?: {
        /**
         * Name of the variable. NODE_OPTIONS, KUBECONFIG, LD_* and MULTIGRID_* are reserved.
         */
        name: string;
        [k: string]: unknown;
      }[];
      /**
       * Further volumes of the pods.
       *
       * @maxItems 32
       */
      volumes?: {
        /**
         * Name of the volume.
         */
        name: string;
        [k: string]: unknown;
      }[];
      /**
       * Where further volumes appear in the trainer's container.
       *
       * @maxItems 32
       */
      volumeMounts?: {
        /**
         * Name of the volume.
         */
        name: string;
        /**
         * Path in the container.
         */
        mountPath: string;
        [k: string]: unknown;
      }[];
    };
  };
  /**
   * Where data comes from and results go to in a cluster. On one machine both are folders and this is not read.
   */
  volumes?: {
    /**
     * Volume with the videos and lists, mounted read-only. Any volume source of a pod.
     */
    data?: {
      [k: string]: unknown;
    };
    /**
     * Volume for checkpoints, model and report. Any volume source of a pod.
     */
    output?: {
      [k: string]: unknown;
    };
    /**
     * Folder of the output volume that is this job's, as in team-a/first; it is made when it is not there. The name of the job when left out, which is enough for a volume that one namespace uses. No two jobs share a folder.
     */
    outputSubPath?: string;
  };
  /**
   * When checkpoints are saved and how training resumes.
   */
  checkpoint?: {
    /**
     * Iterations from one checkpoint to the next, beside those that the plan places; 0 means none beside them.
     */
    everyIterations?: number;
    /**
     * Number of checkpoints that are kept.
     */
    keep?: number;
    /**
     * Whether a job resumes from the newest complete checkpoint (Latest) or starts from the beginning (Never).
     */
    resume?: 'Latest' | 'Never';
    /**
     * Whose output folder the job may take over: only its own (Never), so that it fails at once in another job's folder; or also that of a deleted job of the same namespace and name (SameName), to resume from its newest checkpoint.
     */
    adopt?: 'Never' | 'SameName';
  };
  /**
   * What happens when the job fails, hangs or finishes.
   */
  runPolicy?: {
    /**
     * Failures in a row without progress after which the job fails. A newer checkpoint than at the previous end resets the count. Disruptions by the cluster do not count.
     */
    backoffLimit?: number;
    /**
     * Time until all workers run, seconds.
     */
    preRunningDeadlineSeconds?: number;
    /**
     * Running time after which the job fails, seconds. Time suspended or waiting does not count. No limit when left out.
     */
    activeDeadlineSeconds?: number;
    /**
     * Time without progress after which the workers are restarted, seconds.
     */
    progressDeadlineSeconds?: number;
    /**
     * Time after which the finished job is deleted, seconds. It stays when left out.
     */
    ttlSecondsAfterFinished?: number;
  };
  /**
   * Whether the job saves its state, stops and releases its resources until this is false again.
   */
  suspend?: boolean;
  /**
   * Controller that reconciles the job. This project's operator when left out.
   */
  managedBy?: string;
}
/**
 * What the operator and the trainer report. Nothing here is set by hand.
 */
export interface JobStatus {
  /**
   * Generation of the spec that this status speaks of.
   */
  observedGeneration?: number;
  /**
   * Conditions PlanReady, Running, PhaseTransition, Restarting, Stalled, DataBound, ReplicasIgnored, Suspended, Complete and Failed.
   *
   * @maxItems 32
   */
  conditions?: {
    /**
     * Name of the condition.
     */
    type: string;
    /**
     * Whether it holds.
     */
    status: 'True' | 'False' | 'Unknown';
    /**
     * Generation of the spec that it speaks of.
     */
    observedGeneration?: number;
    /**
     * When status changed last.
     */
    lastTransitionTime: string;
    /**
     * Typed reason.
     */
    reason: string;
    /**
     * Reason in words and what to do.
     */
    message: string;
  }[];
  /**
   * The conditions in one word.
   */
  state?:
    | 'Pending'
    | 'Running'
    | 'PhaseTransition'
    | 'Restarting'
    | 'Stalled'
    | 'Suspended'
    | 'Complete'
    | 'Failed';
  /**
   * When the job was first taken up.
   */
  startTime?: string;
  /**
   * When the job was complete or had failed.
   */
  completionTime?: string;
  /**
   * Why the job is in its state.
   */
  reason?: string;
  /**
   * Workers that exist.
   */
  replicas?: number;
  /**
   * Workers that are ready.
   */
  readyReplicas?: number;
  /**
   * Label selector of the workers.
   */
  selector?: string;
  /**
   * Pods of the first worker that have ended for certain, as their kubelets say, oldest first. The next trainer takes the output folder over from one of them at once; from any other it waits until the folder's lock was silent for long.
   *
   * @maxItems 16
   */
  endedPods?: {
    /**
     * Name of the pod.
     */
    name: string;
    /**
     * Its uid, which the lock of the output folder names.
     */
    uid: string;
  }[];
  /**
   * How often the workers were restarted after a failure of theirs, all told. Disruptions by the cluster are not counted.
   */
  restarts?: number;
  /**
   * How the workers have ended in a row without training having got on.
   */
  retries?: {
    /**
     * Failures of theirs; more than runPolicy.backoffLimit fail the job.
     */
    failures: number;
    /**
     * Ends by the cluster after training had begun.
     */
    disruptions: number;
    /**
     * Step of the newest checkpoint when workers last ended. A newer one, by workers that began there or later, is progress.
     */
    savedIteration: number;
  };
  /**
   * Set when not all of several workers could be scheduled and the others were released.
   */
  gang?: {
    /**
     * How many times in a row.
     */
    releases: number;
    /**
     * When they did so last.
     */
    releasedAt: string;
  };
  /**
   * Running time before the present span of running, seconds. The present one began when the condition Running became true.
   */
  activeSeconds?: number;
  /**
   * The newest failure of a worker.
   */
  lastFailure?: {
    /**
     * Pod or process that failed.
     */
    pod?: string;
    /**
     * Container that failed.
     */
    container?: string;
    /**
     * Its exit code.
     */
    exitCode?: number;
    /**
     * Typed reason.
     */
    reason?: string;
    /**
     * Its last lines.
     */
    message?: string;
    /**
     * When it failed.
     */
    time?: string;
  };
  /**
   * The plan in short. The plan itself is the data of the ControllerRevision with the name of the job.
   */
  planSummary?: {
    /**
     * SHA-256 of the plan in canonical JSON, without its hash and problems.
     */
    hash: string;
    /**
     * Version of the form of the plan.
     */
    version: 1 | 2;
    /**
     * Number of training clips that it was made for.
     */
    clips?: number;
    /**
     * Number of phases.
     */
    phases: number;
    /**
     * Number of epochs.
     */
    epochs: number;
    /**
     * Steps of the plan.
     */
    iterations: number;
    /**
     * Frames times pixels of the baseline over those of the plan, the predicted saving.
     */
    framePixelRatio: number;
  };
  /**
   * What the spec means, epoch by epoch. Made once, then only followed. In a cluster it is kept beside the job, and planSummary here; jobs made before that keep it here while their workers run.
   */
  plan?: {
    /**
     * Version of the form of the plan.
     */
    version: 1 | 2;
    /**
     * SHA-256 of the plan in canonical JSON, without this field and problems.
     */
    hash: string;
    /**
     * Runs of epochs with one shape and one learning-rate factor, in order.
     *
     * @maxItems 64
     */
    phases: {
      /**
       * Number of the phase, from 0.
       */
      index: number;
      /**
       * Stage of the baseline that it belongs to, from 0.
       */
      stage: number;
      /**
       * First epoch, from 0.
       */
      startEpoch: number;
      /**
       * Epoch after the last.
       */
      endEpoch: number;
      /**
       * Batch and learning rate over those of the baseline.
       */
      batchFactor: number;
      /**
       * Frames of a clip.
       */
      frames: number;
      /**
       * Side of the crop, pixels.
       */
      cropSize: number;
      /**
       * Clips per step over all workers.
       */
      globalBatch: number;
      /**
       * Batch-norm groups of equal size that every step's clips are in, over all workers.
       */
      groups?: number;
      /**
       * Version 1: clips per step of one worker.
       */
      batchPerWorker?: number;
      /**
       * Learning rate at its first epoch, before warm-up.
       */
      learningRate: number;
      /**
       * Range that the distance between frames is drawn from.
       */
      stride: {
        /**
         * Smallest distance.
         */
        min: number;
        /**
         * Largest distance.
         */
        max: number;
      };
      /**
       * Version 1: over which clips batch-norm statistics are taken.
       */
      normalization?: {
        /**
         * All clips of a worker, parts of them, or several workers.
         */
        kind: 'plain' | 'split' | 'sync';
        /**
         * Groups in a worker (split), or workers in a group (sync).
         */
        groups: number;
      };
      /**
       * Shapes that successive iterations run through.
       *
       * @minItems 1
       * @maxItems 8
       */
      shortCycle: {
        /**
         * Side of the crop, pixels.
         */
        cropSize: number;
        /**
         * Version 1: clips per step of one worker.
         */
        batchPerWorker?: number;
        /**
         * Clips per step over all workers.
         */
        globalBatch: number;
        /**
         * Smallest short side of the frame before cropping, pixels.
         */
        minScale: number;
      }[];
      /**
       * Steps in an epoch.
       */
      iterationsPerEpoch: number;
    }[];
    /**
     * Epochs of the schedule.
     */
    epochs: number;
    /**
     * Epochs after which the network is evaluated.
     *
     * @maxItems 10000
     */
    evaluationEpochs: number[];
    /**
     * Epochs after which a checkpoint is written.
     *
     * @maxItems 10000
     */
    checkpointEpochs: number[];
    /**
     * All that the learning rate at any moment follows from.
     */
    learningRateSchedule: {
      /**
       * Stepwise or cosine.
       */
      policy: 'steps' | 'cosine';
      /**
       * Learning rate of the baseline.
       */
      base: number;
      /**
       * Epochs at which the factor changes.
       *
       * @maxItems 64
       */
      borders: number[];
      /**
       * Factors from the borders on.
       *
       * @maxItems 64
       */
      factors: number[];
      /**
       * Epochs of the schedule.
       */
      epochs: number;
      /**
       * Learning rate at the end of a cosine.
       */
      end: number;
      /**
       * The rise at the start.
       */
      warmup: {
        /**
         * Its length, epochs.
         */
        epochs: number;
        /**
         * Where it starts.
         */
        learningRate: number;
      };
    };
    /**
     * Predicted cost, and cost of the baseline.
     */
    totals: {
      /**
       * Steps of the plan.
       */
      iterations: number;
      /**
       * Steps of the baseline.
       */
      baselineIterations: number;
      /**
       * Steps of the baseline over those of the plan.
       */
      iterationRatio: number;
      /**
       * Frames times pixels of the baseline over those of the plan, the predicted saving.
       */
      framePixelRatio: number;
    };
    /**
     * Why the plan must not be run; empty when it may.
     *
     * @maxItems 512
     */
    problems: {
      /**
       * Phase at fault, null when the whole plan is.
       */
      phase: number | null;
      /**
       * Typed reason.
       */
      code: string;
      /**
       * Reason in words and numbers.
       */
      message: string;
      /**
       * Nearest values that would be legal, by the field they belong to.
       */
      nearest: {
        [k: string]: unknown;
      };
    }[];
  };
  /**
   * The phase to train now. Written by the operator, followed by the trainer.
   */
  directive?: {
    /**
     * Grows by one with every directive.
     */
    generation: number;
    /**
     * Hash of the plan that it is part of.
     */
    planHash: string;
    /**
     * Phase to train.
     */
    phase: number;
    /**
     * First epoch, from 0.
     */
    startEpoch: number;
    /**
     * Epoch after the last.
     */
    endEpoch: number;
    /**
     * Frames of a clip.
     */
    frames: number;
    /**
     * Side of the crop, pixels.
     */
    cropSize: number;
    /**
     * Shapes that successive iterations run through.
     *
     * @minItems 1
     * @maxItems 8
     */
    shortCycle: {
      /**
       * Side of the crop, pixels.
       */
      cropSize: number;
      /**
       * Clips per step over all workers.
       */
      globalBatch: number;
      /**
       * Version 1: clips per step of one worker.
       */
      batchPerWorker?: number;
      /**
       * Smallest short side of the frame before cropping, pixels.
       */
      minScale: number;
    }[];
    /**
     * Clips per step over all workers.
     */
    globalBatch: number;
    /**
     * Version 1: clips per step of one worker.
     */
    batchPerWorker?: number;
    /**
     * Version 1: over which clips batch-norm statistics are taken.
     */
    normalization?: {
      /**
       * All clips of a worker, parts of them, or several workers.
       */
      kind: 'plain' | 'split' | 'sync';
      /**
       * Groups in a worker (split), or workers in a group (sync).
       */
      groups: number;
    };
    /**
     * Clips per run of the training graph, 0 for as many as fit.
     */
    microBatch: number;
    /**
     * Learning rate at its first epoch, before warm-up.
     */
    learningRate: number;
    /**
     * Steps in an epoch.
     */
    iterationsPerEpoch: number;
    /**
     * Step after its last, counted from the start of training.
     */
    lastIteration: number;
    /**
     * Number of workers.
     */
    workers: number;
    /**
     * Who takes which clips of every step, in the order of the ranks. Absent in directives of operators that knew no more than one worker.
     */
    sharing?: {
      /**
       * Batch-norm groups of every step over all workers.
       */
      groups: number;
      /**
       * What is shared out whole. Group while there is a group for every worker, else Clip, and groups span workers.
       */
      unit: 'Group' | 'Clip';
      /**
       * Units that every worker takes; in clips, of the long-cycle shape.
       */
      each: number;
      /**
       * So many workers, the first by rank, take one unit more.
       */
      more: number;
    };
  };
  /**
   * What the trainer says of itself. Written by the trainer alone.
   */
  progress?: {
    /**
     * Directive that is followed.
     */
    generation: number;
    /**
     * What the trainer is doing.
     */
    state:
      'Preparing' | 'Training' | 'Evaluating' | 'Waiting' | 'Testing' | 'Finished' | 'Stopped' | 'Failed';
    /**
     * Phase of the plan.
     */
    phase: number;
    /**
     * Epochs done.
     */
    epoch: number;
    /**
     * Steps done.
     */
    iteration: number;
    /**
     * Share of the work that is done, 0 to 100.
     */
    percent: number;
    /**
     * Time that is left, seconds.
     */
    etaSeconds: number;
    /**
     * Step that this trainer went on from, 0 from the start; absent until it knows.
     */
    resumedFrom?: number;
    /**
     * When this was written.
     */
    heartbeat: string;
    /**
     * When training last got on: a step, a batch of an evaluation, another state.
     */
    progressedAt?: string;
    /**
     * Mean training loss since the report before.
     */
    loss: number | null;
    /**
     * Learning rate now.
     */
    learningRate: number;
    /**
     * Frames of a clip.
     */
    frames: number;
    /**
     * Side of the crop, pixels.
     */
    cropSize: number;
    /**
     * Training speed.
     */
    clipsPerSecond: number;
    /**
     * Share of the time spent waiting for clips, 0 to 1.
     */
    dataWaitRatio: number;
    /**
     * Clips that could not be read.
     */
    badClips: number;
    /**
     * Newest results of evaluations.
     *
     * @maxItems 32
     */
    metrics: {
      /**
       * Name of the metric.
       */
      name: string;
      /**
       * Its value.
       */
      value: number;
    }[];
    /**
     * Newest checkpoint, null before the first.
     */
    lastCheckpoint: {
      /**
       * File relative to the output folder.
       */
      path: string;
      /**
       * Steps done when it was written.
       */
      iteration: number;
      /**
       * Epochs done when it was written.
       */
      epoch: number;
    } | null;
    /**
     * Whether the trainer goes on by the plan because no directive came.
     */
    unattended: boolean;
    /**
     * Progress in the words of the printer columns.
     */
    summary?: {
      /**
       * Phase of the plan and their number, as in 3/14.
       */
      phase?: string;
      /**
       * Batch factor, frames and crop, as in 8x8x158.
       */
      shape?: string;
      /**
       * Epochs done and their number, as in 41.2/358.
       */
      epoch?: string;
      /**
       * Share of the work that is done, as in 37%.
       */
      progress?: string;
      /**
       * Time that is left, as in 3h12m.
       */
      eta?: string;
      /**
       * Newest evaluation, as in top1=76.4%.
       */
      metric?: string;
      /**
       * Learning rate now.
       */
      learningRate?: string;
      /**
       * Clips per step over all workers.
       */
      batch?: string;
      /**
       * Training speed.
       */
      clipsPerSecond?: string;
    };
    /**
     * Videos of the training list, counted by the trainer; the plan is made from it where spec.data.clips is not set.
     */
    trainingClips?: number;
    /**
     * What became of the pretrained weights; absent when the trainer loaded none.
     */
    pretrained?: string;
    /**
     * Why the trainer gave up, null while it has not.
     */
    failure: {
      /**
       * Typed reason.
       */
      reason: string;
      /**
       * Reason in words and what to do.
       */
      message: string;
      /**
       * Whether a restart may help.
       */
      retryable: boolean;
    } | null;
    /**
     * What keeps a trainer that is well from getting on; it waits, or tries again, until that has passed. Absent while nothing is in the way.
     */
    trouble?: {
      /**
       * Typed reason.
       */
      reason: string;
      /**
       * Reason in words and what to do.
       */
      message: string;
    };
  };
}
