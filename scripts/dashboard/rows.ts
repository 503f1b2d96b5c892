/**
 * What the Grafana dashboard shows: how all jobs stand, how one trains, how the operator does. In: nothing. Out: rows of
 * panels for grafana.ts; a test holds every metric named here against the registries of the programs.
 */
import type { Dashboard, Panel, Query, Row, Unit } from './grafana.ts';

/** Of the jobs chosen at the head of the dashboard. */
const CHOSEN = '{job_namespace=~"$namespace",job_name=~"$name"}';
/** The operator's queue, as main.ts names it. */
const QUEUE = '{name="multigridtrainingjobs"}';
const BY_JOB = 'job_namespace, job_name';
const JOB = '{{job_namespace}}/{{job_name}}';

function graph(title: string, unit: Unit, description: string, ...queries: readonly Query[]): Panel {
  return { title, description, kind: 'timeseries', unit, width: 8, queries };
}

function stat(title: string, unit: Unit, description: string, expr: string): Panel {
  return { title, description, kind: 'stat', unit, width: 4, queries: [{ expr, legend: title }] };
}

function ofJob(metric: string): Query {
  return { expr: `max by (${BY_JOB}) (multigrid_trainer_${metric}${CHOSEN})`, legend: JOB };
}

function rateOfJob(metric: string): string {
  return `sum by (${BY_JOB}) (rate(multigrid_trainer_${metric}${CHOSEN}[$__rate_interval]))`;
}

function meanOfJob(metric: string): Query {
  return { expr: `${rateOfJob(`${metric}_sum`)} / ${rateOfJob(`${metric}_count`)}`, legend: JOB };
}

function quantile(share: number, histogram: string, { only = '' } = {}): string {
  return `histogram_quantile(${share}, sum by (le) (rate(${histogram}_bucket${only}[$__rate_interval])))`;
}

/** Of our operators only: every operator has metrics of these names. */
function ours(vector: string): string {
  return `(${vector} and on (instance) multigrid_build_info)`;
}

function jobsIn(state: string): string {
  return `max(multigrid_jobs{state="${state}"})`;
}

const JOBS: Row = {
  title: 'Jobs',
  panels: [
    stat('Running', 'none', 'Jobs whose workers run and follow a directive.', jobsIn('Running')),
    stat('At a border', 'none', 'Jobs between two phases.', jobsIn('PhaseTransition')),
    stat('Pending', 'none', 'Jobs whose workers have not come up yet.', jobsIn('Pending')),
    stat(
      'Stalled',
      'none',
      'Jobs that make no progress; kubectl get mgtj -A -o wide says why.',
      jobsIn('Stalled'),
    ),
    stat('Restarting', 'none', 'Jobs whose workers are being restarted.', jobsIn('Restarting')),
    stat('Failed', 'none', 'Jobs that have failed and are still there.', jobsIn('Failed')),
  ],
};

const TRAINING: Row = {
  title: 'Training',
  panels: [
    graph('Phase', 'none', 'Index of the phase of the plan, from 0.', ofJob('phase')),
    graph('Clips a second', 'ops', 'The grid trains on many more clips a second in its coarse phases.', {
      expr: rateOfJob('clips_total'),
      legend: JOB,
    }),
    graph(
      'Waiting for clips',
      'percentunit',
      'Share of the time of steps. Above a tenth the data hold training up.',
      {
        expr: `${rateOfJob('data_wait_seconds_sum')} / ${rateOfJob('step_seconds_sum')}`,
        legend: JOB,
      },
    ),
    graph('Loss', 'none', 'Training loss of the last step.', ofJob('loss')),
    graph('Learning rate', 'none', 'Scaled with the batch, phase by phase.', ofJob('learning_rate')),
    graph('Top-1', 'percentunit', 'Newest evaluation, by what it was made at.', {
      expr: `max by (${BY_JOB}, at) (multigrid_trainer_top1_ratio${CHOSEN})`,
      legend: `${JOB} {{at}}`,
    }),
    graph(
      'Shape',
      'none',
      'Frames and crop of a clip, clips of a step: the three move against each other.',
      { ...ofJob('frames'), legend: `${JOB} frames` },
      { ...ofJob('crop_size_pixels'), legend: `${JOB} crop` },
      { ...ofJob('batch_size'), legend: `${JOB} batch` },
    ),
    graph('Step', 's', 'Mean duration of a step, waits included.', meanOfJob('step_seconds')),
    graph('mAP', 'percentunit', 'Newest evaluation of jobs with several classes a video.', {
      expr: `max by (${BY_JOB}, at) (multigrid_trainer_map_ratio${CHOSEN})`,
      legend: `${JOB} {{at}}`,
    }),
    graph('Checkpoint', 's', 'Mean duration of writing one.', meanOfJob('checkpoint_seconds')),
    graph('Evaluation', 's', 'Mean duration of one.', meanOfJob('evaluation_seconds')),
    graph(
      'Trouble',
      'none',
      'Clips that could not be read, steps in smaller micro-batches for memory, steps whose gradients overflowed; a second.',
      { expr: rateOfJob('bad_clips_total'), legend: `${JOB} bad clips` },
      { expr: rateOfJob('micro_batch_reductions_total'), legend: `${JOB} smaller micro-batches` },
      { expr: rateOfJob('skipped_steps_total'), legend: `${JOB} overflowed` },
    ),
  ],
};

const OPERATOR: Row = {
  title: 'Operator',
  panels: [
    stat(
      'Leader',
      'none',
      '1: a replica leads. 0: no replica reconciles jobs.',
      `max ${ours('leader_election_master_status')}`,
    ),
    stat('Waiting keys', 'none', 'Jobs waiting to be reconciled.', `sum(workqueue_depth${QUEUE})`),
    stat(
      'Border, 90 %',
      's',
      'From a trainer at a border to its following the next directive.',
      'histogram_quantile(0.9, sum by (le) (rate(multigrid_phase_transition_seconds_bucket[1h])))',
    ),
    stat(
      'Operator memory',
      'bytes',
      'Of its largest replica.',
      `max ${ours('process_resident_memory_bytes')}`,
    ),
    graph('Looks at jobs', 'ops', 'By how they ended.', {
      expr: 'sum by (result) (rate(multigrid_reconcile_total[$__rate_interval]))',
      legend: '{{result}}',
    }),
    graph(
      'Time of a look',
      's',
      'Calls to the API server included.',
      { expr: quantile(0.5, 'multigrid_reconcile_seconds'), legend: 'half' },
      { expr: quantile(0.99, 'multigrid_reconcile_seconds'), legend: '99 %' },
    ),
    graph(
      'Time in the queue',
      's',
      'Before a look begins.',
      { expr: quantile(0.5, 'workqueue_queue_duration_seconds', { only: QUEUE }), legend: 'half' },
      { expr: quantile(0.99, 'workqueue_queue_duration_seconds', { only: QUEUE }), legend: '99 %' },
    ),
    graph('Calls to the API server', 'ops', 'By method and HTTP status.', {
      expr: `sum by (method, code) ${ours('rate(rest_client_requests_total[$__rate_interval])')}`,
      legend: '{{method}} {{code}}',
    }),
    graph('Time of calls, 99 %', 's', 'Until the API server answered.', {
      expr: `histogram_quantile(0.99, sum by (le, method) ${ours('rate(rest_client_request_duration_seconds_bucket[$__rate_interval])')})`,
      legend: '{{method}}',
    }),
    graph(
      'Memory',
      'bytes',
      'Of operators and of trainers.',
      { expr: ours('process_resident_memory_bytes'), legend: '{{instance}}' },
      { expr: `process_resident_memory_bytes${CHOSEN}`, legend: JOB },
    ),
  ],
};

export const DASHBOARD: Dashboard = {
  uid: 'multigrid',
  title: 'Multigrid training',
  variables: [
    {
      name: 'namespace',
      label: 'Namespace',
      query: 'label_values(multigrid_trainer_iterations_total, job_namespace)',
    },
    {
      name: 'name',
      label: 'Job',
      query: 'label_values(multigrid_trainer_iterations_total{job_namespace=~"$namespace"}, job_name)',
    },
  ],
  rows: [JOBS, TRAINING, OPERATOR],
};
