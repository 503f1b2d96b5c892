// Generated from crds/multigridtrainingjob.yaml by scripts/generate-types.ts. Do not edit.

export interface DefaultedJob {
  apiVersion?: string;
  kind?: string;
  metadata: {
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
  };
  spec: DefaultedJobSpec;
}
export interface DefaultedJobSpec {
  model: DefaultedModelSpec;
  data: DefaultedDataSpec;
  recipe: DefaultedRecipeSpec;
  multigrid?: DefaultedMultigridSpec;
  workers: {
    replicas: number;
    processesPerWorker: number;
    image?: string;
    executionProvider: 'auto' | 'cuda' | 'cpu';
    cuda: {
      deviceId: number;
      memoryLimitMiB?: number;
      convolutionSearch: 'Exhaustive' | 'Heuristic' | 'Default';
      tf32: boolean;
      arenaGrowth: 'AsRequested' | 'Doubling';
    };
    microBatch: number;
    activationMemoryMiB: number;
    recompute: 'Never' | 'Auto' | 'Always';
    resources?: {
      limits?: {
        [k: string]: number | string;
      };
      requests?: {
        [k: string]: number | string;
      };
    };
    template?: {
      labels?: {
        [k: string]: string;
      };
      annotations?: {
        [k: string]: string;
      };
      nodeSelector?: {
        [k: string]: string;
      };
      /**
       * @maxItems 64
       */
      tolerations?: {
        [k: string]: unknown;
      }[];
      affinity?: {
        [k: string]: unknown;
      };
      /**
       * @maxItems 16
       */
      topologySpreadConstraints?: {
        [k: string]: unknown;
      }[];
      priorityClassName?: string;
      runtimeClassName?: string;
      schedulerName?: string;
      serviceAccountName?: string;
      imagePullPolicy?: 'Always' | 'IfNotPresent' | 'Never';
      /**
       * @maxItems 16
       */
      imagePullSecrets?: {
        name: string;
      }[];
      securityContext?: {
        [k: string]: unknown;
      };
      /**
       * @maxItems 128
       */
      env?: {
        name: string;
        [k: string]: unknown;
      }[];
      /**
       * @maxItems 32
       */
      volumes?: {
        name: string;
        [k: string]: unknown;
      }[];
      /**
       * @maxItems 32
       */
      volumeMounts?: {
        name: string;
        mountPath: string;
        [k: string]: unknown;
      }[];
    };
  };
  volumes?: {
    data?: {
      [k: string]: unknown;
    };
    output?: {
      [k: string]: unknown;
    };
    outputSubPath?: string;
  };
  checkpoint: {
    everyIterations: number;
    keep: number;
    resume: 'Latest' | 'Never';
    adopt: 'Never' | 'SameName';
  };
  runPolicy: {
    backoffLimit: number;
    preRunningDeadlineSeconds: number;
    activeDeadlineSeconds?: number;
    progressDeadlineSeconds: number;
    ttlSecondsAfterFinished?: number;
  };
  suspend: boolean;
  managedBy?: string;
}
export interface DefaultedModelSpec {
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
  onnx?: {
    path: string;
    /**
     * @minItems 3
     * @maxItems 3
     */
    mean?: string[];
    /**
     * @minItems 3
     * @maxItems 3
     */
    deviation?: string[];
    /**
     * @maxItems 256
     */
    frozen?: string[];
  };
  numClasses: number;
  dropout: string;
  architecture?: {
    width?: number;
    /**
     * @minItems 1
     * @maxItems 4
     */
    blocks?: number[];
    expansion?: number;
    stemKernel?: number;
    alpha?: number;
    betaInv?: number;
    fusionKernel?: number;
    zeroInitFinalGamma?: boolean;
    /**
     * @minItems 1
     * @maxItems 4
     */
    temporalBlocks?: number[];
    /**
     * @minItems 1
     * @maxItems 4
     */
    fastTemporalBlocks?: number[];
    nonLocal?: {
      /**
       * @minItems 0
       * @maxItems 4
       */
      blocks: number[][];
      similarity?: 'softmax' | 'dot-product';
    };
  };
  pretrained?: {
    path: string;
    format: 'safetensors' | 'onnx';
    allowMissing: boolean;
  };
}
export interface DefaultedDataSpec {
  format: 'kinetics';
  train: string;
  val: string;
  test?: string;
  root?: string;
  classes?: string;
  clips?: number;
  /**
   * @minItems 2
   * @maxItems 2
   */
  jitterScales: number[];
  flip: boolean;
  loader: {
    decoders: number;
    maxBadFraction: string;
    cacheMiB: number;
    separator: string;
  };
}
export interface DefaultedRecipeSpec {
  frames: number;
  stride: number;
  cropSize: number;
  batchSize: number;
  epochs: number;
  learningRatePolicy: 'steps' | 'cosine';
  /**
   * @minItems 1
   * @maxItems 16
   */
  steps?: number[];
  gamma: string;
  /**
   * @minItems 1
   * @maxItems 16
   */
  relativeLearningRates?: string[];
  learningRate: string;
  finalLearningRate: string;
  warmup: {
    epochs: string;
    learningRate?: string;
  };
  optimizer: {
    type: 'SGD';
    momentum: string;
    nesterov: boolean;
    weightDecay: string;
  };
  weightDecayOnNormalization: boolean;
  batchNorm: {
    momentum: string;
    preciseIterations: number;
    groupSize?: number;
    acrossWorkers: 'Synchronize' | 'Never';
  };
  loss: 'cross-entropy' | 'binary-cross-entropy';
  precision: 'float32' | 'mixed';
  seed: number;
  evaluationIntervalEpochs: number;
  checkpointIntervalEpochs: number;
  test: {
    temporalViews: number;
    spatialViews: 1 | 3;
    cropSize?: number;
  };
}
export interface DefaultedMultigridSpec {
  longCycle: {
    enabled: boolean;
    /**
     * @minItems 1
     * @maxItems 8
     */
    shapes: {
      frames: string;
      crop: string;
    }[];
  };
  shortCycle: {
    enabled: boolean;
    /**
     * @minItems 1
     * @maxItems 7
     */
    crops: string[];
  };
  epochFactor: string;
  groupSize?: number;
  evaluationsPerPhase: number;
}
