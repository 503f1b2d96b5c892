// The import directions of docs/architecture.md as named rules, each with its reason. `npm run deps` checks them.
const room = (name) => `^${name}/`;
const rule = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

// The floors of trainer-image/train/, from the ground up: whatever is not named here is the ground.
const TRAIN_FLOORS = [
  '(checkpoints|parameters|state)/',
  '(progress/|collective/(staged|on-device)\\.ts|clip-source\\.ts)',
  'steps/',
  '(evaluation|preparing)/',
  '(borders/|(training-step|prepare)\\.ts)',
  '(opening/|finish\\.ts)',
  'loop\\.ts',
  'open-training\\.ts',
  'run-trainer\\.ts',
].map((floor) => `^trainer-image/train/${floor}`);

/** No file of a floor, and none of the ground below them, imports one of a floor above it. */
const trainFloorRules = TRAIN_FLOORS.map((_, floor) =>
  rule(
    `train-points-down-${floor}`,
    'Inside train/ no import points upwards: the stages at the top know the rooms below, which know only what they take.',
    floor === 0
      ? { path: '^trainer-image/train/', pathNot: [...TRAIN_FLOORS, '\\.test\\.ts$'] }
      : { path: TRAIN_FLOORS[floor - 1], pathNot: '\\.test\\.ts$' },
    { path: TRAIN_FLOORS.slice(floor) },
  ),
);

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    rule(
      'no-cycles',
      'A cycle means two files are one idea, or one of them knows too much.',
      {},
      { circular: true },
    ),
    rule(
      'multigrid-is-pure',
      'The method is the part everybody reads and everything trusts: it imports nothing of ours and no effects.',
      { path: room('multigrid'), pathNot: '\\.test\\.ts$' },
      {
        path: '^(kube|timing|storage|telemetry|job-store|operator|trainer-image|cli|test|node:)|^(fs|child_process|os|net|http)$',
      },
    ),
    rule(
      'kube-knows-no-job',
      'One client, one watch and one family of errors for operator, trainer and command line: it could serve any program.',
      { path: room('kube'), pathNot: '\\.test\\.ts$' },
      { path: '^(multigrid/(?!json/|errors/)|storage|job-store|operator|trainer-image|cli|test)' },
    ),
    rule(
      'storage-knows-no-job',
      'How files are written so that nothing is lost does not depend on what is in them.',
      { path: room('storage'), pathNot: '\\.test\\.ts$' },
      { path: '^(multigrid|job-store|operator|trainer-image|cli)/' },
    ),
    rule(
      'telemetry-knows-no-program',
      'How metrics are made and served is the same for operator and trainer; what they count is theirs.',
      { path: room('telemetry'), pathNot: '\\.test\\.ts$' },
      { path: '^(multigrid/(?!errors/)|kube|storage|job-store|operator|trainer-image|cli|test)' },
    ),
    rule(
      'job-store-knows-the-job-alone',
      'The job object as a file is shared by operator and trainer, so it may know neither of them.',
      { path: room('job-store'), pathNot: '\\.test\\.ts$' },
      { path: '^(operator|trainer-image|cli)/' },
    ),
    rule(
      'timing-stands-alone',
      'All programs wait by the same timers; these know nobody who waits.',
      { path: room('timing'), pathNot: '\\.test\\.ts$' },
      { path: '^(multigrid|storage|job-store|operator|trainer-image|cli|test)/' },
    ),
    rule(
      'operator-never-imports-trainer',
      'They run in different containers and talk only through the job object.',
      { path: room('operator') },
      { path: '^(trainer-image|cli)/' },
    ),
    rule(
      'trainer-never-imports-operator',
      'They run in different containers and talk only through the job object.',
      { path: room('trainer-image'), pathNot: '\\.test\\.ts$' },
      { path: '^(operator|cli)/' },
    ),
    rule(
      'controller-knows-no-platform',
      'Decisions are the same on a laptop and in a cluster; only platform/ knows where it is.',
      { path: '^operator/(controller|status|workers)/' },
      { path: '^operator/platform/(local|kubernetes)/' },
    ),
    rule(
      'runtime-knows-no-kind-of-object',
      'Queue, controller, informer and election could serve any operator; what a job is, others know.',
      { path: '^operator/runtime/', pathNot: '\\.test\\.ts$' },
      { path: '^(multigrid|operator/(?!runtime/)|cli|trainer-image)' },
    ),
    rule(
      'desired-objects-are-pure',
      'What a job needs in a cluster is worked out from the job alone; applying it is somebody else’s effect.',
      { path: '^operator/workers/', pathNot: '\\.test\\.ts$' },
      { path: '^(node:)?(fs|net|http|https|os|child_process)|node_modules/(@kubernetes|undici)/' },
    ),
    rule(
      'child-processes-are-started-in-five-places',
      "Processes are effects: the local platform starts workers, the data room decoders, MPI and a worker's supervisor ranks, the engine the system's loader.",
      {
        pathNot:
          '^(operator/platform/local|trainer-image/data|trainer-image/engine/cuda|trainer-image/mpi|trainer-image/supervisor|cli|scripts|test)/|\\.test\\.ts$',
        path: '^[a-z]',
      },
      { path: '^(node:)?child_process$' },
    ),
    rule(
      'onnxruntime-only-in-engine',
      'One room knows the runtime that computes; everything else sees typed arrays.',
      { pathNot: '^trainer-image/engine/|\\.test\\.ts$|^test/|^scripts/' },
      { path: 'node_modules/(onnxruntime-node|onnxruntime-common)/' },
    ),
    rule(
      'c-functions-through-one-room',
      'Libraries are opened and kept in one way. (The engine takes functions out of a table; decoders ask the kernel to confine them.)',
      { pathNot: '^trainer-image/(native|engine/onnxruntime|data/decode/confinement)/|\\.test\\.ts$|^test/' },
      { path: 'node_modules/koffi/' },
    ),
    rule(
      'ffmpeg-only-with-videos',
      'FFmpeg sits behind the clip decoder, in child processes, and behind the maker of the small dataset.',
      { pathNot: '^(trainer-image/data|cli/dataset)/|\\.test\\.ts$|^test/' },
      { path: 'node_modules/node-av/' },
    ),
    rule(
      'graph-knows-nothing-above',
      'graph <- autodiff <- models <- train: each layer can be read without the next.',
      { path: '^trainer-image/graph/', pathNot: '\\.test\\.ts$' },
      { path: '^trainer-image/(autodiff|models|train|engine|data|link|report|run-folder|weights)/' },
    ),
    rule(
      'autodiff-knows-only-graph',
      'graph <- autodiff <- models <- train.',
      { path: '^trainer-image/autodiff/', pathNot: '\\.test\\.ts$' },
      { path: '^trainer-image/(models|train|engine|data|link|report|run-folder|weights)/' },
    ),
    rule(
      'models-write-graphs-only',
      'A model is a graph; it neither runs nor reads data.',
      { path: '^trainer-image/models/', pathNot: '\\.test\\.ts$' },
      { path: '^trainer-image/(train|engine|data|link|report|run-folder|weights)/' },
    ),
    rule(
      'weights-know-networks-only',
      'Files of weights are read and written without knowing who trains or runs the network.',
      { path: '^trainer-image/weights/', pathNot: '\\.test\\.ts$' },
      { path: '^trainer-image/(train|engine|data|link|report|run-folder)/' },
    ),
    rule(
      'engine-stands-alone',
      'The engine runs any ONNX model: it knows no network, no data, no loop.',
      { path: '^trainer-image/engine/', pathNot: '\\.test\\.ts$' },
      { path: '^trainer-image/(graph|autodiff|models|train|data|link|report|run-folder|weights)/' },
    ),
    rule(
      'native-knows-no-library',
      'How C functions are called is the same for every library; who knows one gives its functions their types.',
      { path: '^trainer-image/native/', pathNot: '\\.test\\.ts$' },
      { path: '^(multigrid/(?!errors/)|trainer-image/(?!native/))' },
    ),
    rule(
      'mpi-adds-up-numbers',
      'Ranks add up memory at an address: what the numbers mean, and which device they lie on, others know.',
      { path: '^trainer-image/mpi/', pathNot: '\\.test\\.ts$' },
      { path: '^trainer-image/(?!mpi/|native/)' },
    ),
    rule(
      'supervisors-start-ranks',
      'What ranks do is theirs: a supervisor starts them, hears them and ends them, and shares a token with nobody who trains.',
      { path: '^trainer-image/supervisor/', pathNot: '\\.test\\.ts$' },
      {
        path: '^trainer-image/(?!supervisor/|mpi/|native/signal-child\\.ts|console-logger\\.ts|world\\.ts|train/logger\\.ts)',
      },
    ),
    rule(
      'nccl-adds-up-on-gpus',
      'NCCL works on memory at an address and on a stream, between ranks that MPI started: what the numbers mean, others know.',
      { path: '^trainer-image/nccl/', pathNot: '\\.test\\.ts$' },
      { path: '^trainer-image/(?!nccl/|mpi/|native/|engine/(cuda/|device-floats))' },
    ),
    ...trainFloorRules,
    rule(
      'data-stands-alone',
      'Clips do not depend on what is done with them.',
      { path: '^trainer-image/data/', pathNot: '\\.test\\.ts$' },
      { path: '^trainer-image/(graph|autodiff|models|train|engine|link|report|run-folder|weights)/' },
    ),
    rule(
      'kubernetes-client-in-one-room',
      'Configurations, tokens and plugins are read in one place; a run on one machine never loads the client.',
      { pathNot: '^(kube|test)/|\\.test\\.ts$' },
      { path: 'node_modules/@kubernetes/' },
    ),
    rule(
      'prom-client-with-telemetry',
      'Whoever has something to count calls a recorder; how it is counted and shown stays in one room of each program.',
      { pathNot: '^(telemetry|operator/telemetry|trainer-image/telemetry|test|scripts)/|\\.test\\.ts$' },
      { path: 'node_modules/prom-client/' },
    ),
    rule(
      'run-folder-stands-below-training',
      'What lies in a run’s folder is written while training and read after it: its files know neither.',
      { path: '^trainer-image/run-folder/', pathNot: '\\.test\\.ts$' },
      { path: '^trainer-image/(report|train|link|data|engine|models|weights|graph|autodiff)/' },
    ),
    rule(
      'trainer-telemetry-takes-events',
      'What is counted comes as the events of metrics.jsonl, so that both say the same.',
      { path: '^trainer-image/telemetry/', pathNot: '\\.test\\.ts$' },
      { path: '^trainer-image/(train|link|data|engine|models|weights|graph|autodiff)/' },
    ),
    rule(
      'nothing-imports-the-command-line',
      'cli/ is the outermost layer.',
      { pathNot: '^(cli|test|bin)/|\\.test\\.ts$' },
      { path: '^cli/' },
    ),
    rule(
      'the-test-cluster-has-one-door',
      'What is behind it may change without a test noticing, and kind can stand in for it.',
      { path: '^test/', pathNot: '^test/cluster/|^test/support/cluster-traces\\.ts$' },
      { path: '^test/cluster/', pathNot: '^test/cluster/(cluster|control-plane/wait-until)\\.ts$' },
    ),
    rule(
      'product-never-imports-tests',
      'Tests see the product, not the other way round.',
      { pathNot: '^test/|\\.test\\.ts$' },
      { path: '^test/|\\.test\\.ts$' },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
