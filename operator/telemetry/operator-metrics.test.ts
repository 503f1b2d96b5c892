/** The operator's metrics as a scraper sees them: what is there before anything happened, and what each event changes. */
import { expect, test } from '@jest/globals';
import { OvertakenError, TerminalError, type Reconcile } from '../runtime/controller.ts';
import { addJobMetrics, type JobView } from './job-metrics.ts';
import { meteredReconcile } from './metered-reconcile.ts';
import { createOperatorMetrics, type OperatorMetrics } from './operator-metrics.ts';

const BUILD = { version: '1.2.3', revision: 'abc', nodeVersion: '24.21.0' };

function create(): OperatorMetrics {
  return createOperatorMetrics(BUILD, { queue: 'jobs', lease: 'multigrid-operator' });
}

/** The lines of one metric, without its comments. */
async function linesOf({ registry }: Pick<OperatorMetrics, 'registry'>, name: string): Promise<string[]> {
  const text = await registry.metrics();
  return text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
}

test('before anything happened every counter is there and zero, so that rates have a beginning', async () => {
  const metrics = create();
  expect(await linesOf(metrics, 'multigrid_build_info')).toEqual([
    'multigrid_build_info{version="1.2.3",revision="abc",node_version="24.21.0"} 1',
  ]);
  expect(await linesOf(metrics, 'multigrid_reconcile_errors_total')).toEqual([
    'multigrid_reconcile_errors_total 0',
  ]);
  expect(await linesOf(metrics, 'multigrid_reconcile_total')).toHaveLength(5);
  expect(await linesOf(metrics, 'workqueue_depth')).toEqual(['workqueue_depth{name="jobs"} 0']);
  expect(await linesOf(metrics, 'leader_election_master_status')).toEqual([
    'leader_election_master_status{name="multigrid-operator"} 0',
  ]);
  expect(await linesOf(metrics, 'process_resident_memory_bytes')).toHaveLength(1);
});

test('the queue, the leader and the API client are told apart by their labels', async () => {
  const metrics = create();
  metrics.queueAdded(3);
  metrics.queueRetried();
  metrics.queueTaken(2, 0.02);
  metrics.leadership(true);
  metrics.request('GET', 200, 0.004);
  metrics.request('BREW', 'error', 0.004);
  expect(await linesOf(metrics, 'workqueue_depth')).toEqual(['workqueue_depth{name="jobs"} 2']);
  expect(await linesOf(metrics, 'workqueue_adds_total')).toEqual(['workqueue_adds_total{name="jobs"} 1']);
  expect(await linesOf(metrics, 'workqueue_retries_total')).toEqual([
    'workqueue_retries_total{name="jobs"} 1',
  ]);
  expect(await linesOf(metrics, 'workqueue_queue_duration_seconds_count')).toEqual([
    'workqueue_queue_duration_seconds_count{name="jobs"} 1',
  ]);
  expect(await linesOf(metrics, 'leader_election_master_status')).toEqual([
    'leader_election_master_status{name="multigrid-operator"} 1',
  ]);
  expect(await linesOf(metrics, 'rest_client_requests_total')).toEqual([
    'rest_client_requests_total{code="200",method="GET"} 1',
    'rest_client_requests_total{code="error",method="other"} 1',
  ]);
});

test('a reconcile is counted by how it ended and goes on as it was', async () => {
  const metrics = create();
  let nowMs = 0;
  const ends: Readonly<Record<string, () => Awaited<ReturnType<Reconcile>>>> = {
    done: () => ({ requeueAfterMs: null }),
    later: () => ({ requeueAfterMs: 1000 }),
    overtaken: () => {
      throw new OvertakenError('changed');
    },
    broken: () => {
      throw new Error('no');
    },
    hopeless: () => {
      throw new TerminalError('never');
    },
  };
  const reconcile = meteredReconcile(
    (key) => {
      nowMs += 250;
      const end = ends[key];
      return end === undefined ? Promise.reject(new Error(key)) : Promise.resolve().then(end);
    },
    metrics,
    () => nowMs,
  );
  expect(await reconcile('done')).toEqual({ requeueAfterMs: null });
  expect(await reconcile('later')).toEqual({ requeueAfterMs: 1000 });
  await expect(reconcile('overtaken')).rejects.toThrow(OvertakenError);
  await expect(reconcile('broken')).rejects.toThrow('no');
  await expect(reconcile('hopeless')).rejects.toThrow(TerminalError);
  expect(await linesOf(metrics, 'multigrid_reconcile_total')).toEqual([
    'multigrid_reconcile_total{result="success"} 1',
    'multigrid_reconcile_total{result="requeue_after"} 1',
    'multigrid_reconcile_total{result="conflict"} 1',
    'multigrid_reconcile_total{result="error"} 1',
    'multigrid_reconcile_total{result="terminal_error"} 1',
  ]);
  expect(await linesOf(metrics, 'multigrid_reconcile_errors_total')).toEqual([
    'multigrid_reconcile_errors_total 2',
  ]);
  expect(await linesOf(metrics, 'multigrid_reconcile_seconds_sum')).toEqual([
    'multigrid_reconcile_seconds_sum 1.25',
  ]);
});

test('jobs have series while they are there and train, and none after', async () => {
  const metrics = create();
  const training = (name: string, phase: number): JobView => ({
    namespace: 'video',
    name,
    state: 'Running',
    phase,
  });
  let jobs: readonly JobView[] = [
    training('first', 2),
    training('second', 0),
    { namespace: 'video', name: 'new', state: null, phase: null },
  ];
  addJobMetrics(metrics.registry, () => jobs);
  expect(await linesOf(metrics, 'multigrid_job_phase')).toEqual([
    'multigrid_job_phase{namespace="video",job="first"} 2',
    'multigrid_job_phase{namespace="video",job="second"} 0',
  ]);
  expect(await linesOf(metrics, 'multigrid_jobs')).toEqual(
    expect.arrayContaining([
      'multigrid_jobs{state="Pending"} 1',
      'multigrid_jobs{state="Running"} 2',
      'multigrid_jobs{state="Failed"} 0',
    ]),
  );
  jobs = [{ ...training('first', 3), state: 'Complete' }];
  expect(await linesOf(metrics, 'multigrid_job_phase')).toEqual([]);
  expect(await linesOf(metrics, 'multigrid_jobs')).toEqual(
    expect.arrayContaining(['multigrid_jobs{state="Running"} 0', 'multigrid_jobs{state="Complete"} 1']),
  );
});
