/**
 * `npm run bench:reports`: what trainers that say how they are doing cost a cluster. Many running jobs, each with the real
 * link of a trainer in a pod, against a real API server and etcd with the real operator, its chart's rights and its
 * admission policy. Pods are on nodes that exist in the API only. Costs are the API server's and etcd's own metrics; in the
 * end some trainers hang, and it is measured when the job says so.
 *
 *   npm run bench:reports -- [--jobs 100,300,1000] [--seconds 60] [--hours 4] [--hang 5] [--profile FILE]
 *
 * With `--profile` the API server says where its time goes, for `go tool pprof -top FILE`; that costs it some time, too.
 */
import { writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { pid, stdout } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { request } from 'undici';
import { ClusterAccess } from '../../kube/cluster-access.ts';
import { listAt, textAt, timeAt } from '../../multigrid/json/fields.ts';
import { startControlPlane, type BareControlPlane } from '../cluster/cluster.ts';
import { waitUntil } from '../cluster/control-plane/wait-until.ts';
import { installChart } from '../support/chart/installed.ts';
import { startOperator } from '../support/chart/operator-process.ts';
import { Admin, jobsPath } from '../support/cluster/admin.ts';
import { clusterJob } from '../support/cluster/cluster-job.ts';
import { look, useBetween, type Use } from './reports/cluster-use.ts';
import { Fleet, inParallel } from './reports/fleet.ts';

const { values: flags } = parseArgs({
  options: {
    // Several: one after the other, in one cluster.
    jobs: { type: 'string', default: '100' },
    seconds: { type: 'string', default: '60' },
    hours: { type: 'string', default: '4' },
    hang: { type: 'string', default: '5' },
    profile: { type: 'string' },
  },
});

const NAMESPACE = 'reports';
const METRICS_PORT = 18_000 + (pid % 1000);
const METRICS = `http://127.0.0.1:${METRICS_PORT}/metrics`;
const PODS_PER_NODE = 110;
const SPREAD_MS = 30_000;
const SETTLE_MS = 45_000;
const PATIENCE_MS = 1_800_000;

const counts = flags.jobs.split(',').map(Number);
const nodes = Math.ceil(Math.max(...counts) / PODS_PER_NODE) + 1;
const plane = await startControlPlane({ fakeNodes: { count: nodes } });
try {
  await measure(plane);
} finally {
  await plane.down();
}

async function measure(plane: BareControlPlane): Promise<void> {
  const admin = new Admin(plane);
  const access = ClusterAccess.load(plane.kubeconfigPath, () => performance.now());
  await installChart(plane);
  const operator = await startOperator(plane, [
    `--metrics-port=${METRICS_PORT}`,
    // On a busy machine it would lose its lease and end, which is no part of what is measured.
    '--leader-elect=false',
  ]);
  try {
    await admin.namespace(NAMESPACE);
    say(`${nodes} fake nodes; ${cpus().length} cores of ${cpus()[0]?.model ?? 'unknown'}`);
    const fleet = new Fleet({
      admin,
      kubeconfig: plane.kubeconfig,
      namespace: NAMESPACE,
      trainingSeconds: Number(flags.hours) * 3600,
      spreadMs: SPREAD_MS,
    });
    let before = 0;
    for (const count of counts) {
      const names = Array.from({ length: count - before }, (_, index) => `job-${before + index}`);
      before = count;
      await runJobs(admin, names, count);
      await fleet.start(names);
      await sleep(SETTLE_MS);
      fleet.forget();
      const start = await look(plane, access, METRICS);
      await Promise.all([sleep(Number(flags.seconds) * 1000), profile(access, plane.url)]);
      report(`${count} jobs`, useBetween(start, await look(plane, access, METRICS)));
      say(`  reports of trainers, ms: ${spread(fleet.reportMs)}`);
      say(`  renewals of leases, ms: ${spread(fleet.renewalMs)}`);
      say(`  phase borders, ms from Waiting to the next directive: ${spread(fleet.borderMs)}`);
      say(`  age of the progress shown, s: ${spread(await agesOfProgress(admin))}`);
      say(`  called silent, and all are well: ${await silentJobs(admin)}`);
      say(`  complaints of trainers: ${JSON.stringify(Object.fromEntries(fleet.complaints))}`);
    }
    say(`  seconds until hung trainers are called silent: ${(await hang(fleet, admin)).join(' ')}`);
    await fleet.stop();
  } finally {
    await operator.stop();
    await admin.close();
    await access.close();
  }
}

/** Keeps where the API server's time goes while it is measured, if that was asked for. */
async function profile(access: ClusterAccess, url: string): Promise<void> {
  if (flags.profile === undefined) {
    return;
  }
  const { headers, dispatcher } = await access.current();
  const seconds = Math.ceil(0.8 * Number(flags.seconds));
  const patience = { headersTimeout: 0, bodyTimeout: 0 };
  const { body } = await request(`${url}/debug/pprof/profile?seconds=${seconds}`, {
    headers,
    dispatcher,
    ...patience,
  });
  await writeFile(flags.profile, Buffer.from(await body.arrayBuffer()));
}

/** Makes these jobs and waits until the pods of `count` run. */
async function runJobs(admin: Admin, names: readonly string[], count: number): Promise<void> {
  await inParallel(names, (name) => admin.create(jobsPath(NAMESPACE), clusterJob(name)));
  const pods = `/api/v1/namespaces/${NAMESPACE}/pods?fieldSelector=status.phase%3DRunning&limit=2000`;
  let running = 0;
  await waitUntil(
    async () => {
      running = (await admin.list(pods)).length;
      return running >= count ? true : null;
    },
    {
      what: `${count} running pods`,
      timeoutMs: PATIENCE_MS,
      periodMs: 3000,
      seen: () => `${running} running pods`,
    },
  );
  await sleep(5000);
}

async function agesOfProgress(admin: Admin): Promise<readonly number[]> {
  const jobs = await admin.list(jobsPath(NAMESPACE));
  return jobs.map((job) => (Date.now() - (timeAt(job, 'status', 'progress', 'heartbeat') ?? 0)) / 1000);
}

async function hang(fleet: Fleet, admin: Admin): Promise<readonly string[]> {
  const hungMs = performance.now();
  const hung = fleet.hang(Number(flags.hang));
  return Promise.all(
    hung.map(async (name) => {
      const look = async (): Promise<true | null> =>
        isSilent(await admin.get(`${jobsPath(NAMESPACE)}/${name}`)) ? true : null;
      await waitUntil(look, {
        what: `${name} to be called silent`,
        timeoutMs: 120_000,
        periodMs: 250,
      });
      return ((performance.now() - hungMs) / 1000).toFixed(1);
    }),
  );
}

async function silentJobs(admin: Admin): Promise<number> {
  return (await admin.list(jobsPath(NAMESPACE))).filter(isSilent).length;
}

function isSilent(job: unknown): boolean {
  return listAt(job, 'status', 'conditions').some(
    (condition) => textAt(condition, 'reason') === 'TrainerSilent' && textAt(condition, 'status') !== 'False',
  );
}

function report(title: string, use: Use): void {
  const { cores, statusSeconds: took } = use;
  const others = cores.machine - cores.apiServer - cores.etcd - cores.operator;
  say(`${title} (${use.seconds.toFixed(0)} s, load ${loadavg()[0]?.toFixed(1)})`);
  say(
    `  cores: API server ${cores.apiServer.toFixed(3)}, etcd ${cores.etcd.toFixed(3)}, operator ${cores.operator.toFixed(3)}; everything else on the machine ${others.toFixed(2)}`,
  );
  say(
    `  writes/s: ${use.writesPerSecond.toFixed(1)} (${[...use.writes].map(([what, rate]) => `${what} ${rate.toFixed(1)}`).join(', ')})`,
  );
  say(`  API server CPU a write: ${use.apiServerMsPerWrite.toFixed(2)} ms`);
  say(
    `  etcd: log ${kilobytes(use.walPerSecond)}/s, ${kilobytes(use.walPerWrite)} a write; database +${kilobytes(use.databaseGrowthPerSecond)}/s`,
  );
  say(
    `  status of a job, in the API server: p50 ${(1000 * took.p50).toFixed(0)} ms, p99 ${(1000 * took.p99).toFixed(0)} ms; conflicts ${use.conflicts}`,
  );
  say(
    `  operator: ${use.reconcilesPerSecond.toFixed(1)} looks/s, ${megabytes(use.operatorMemory)}; API server ${megabytes(use.apiServerMemory)}`,
  );
}

function spread(values: readonly number[]): string {
  const sorted = [...values].sort((one, other) => one - other);
  const at = (share: number): string =>
    (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN).toFixed(1);
  return `p50 ${at(0.5)}, p99 ${at(0.99)}, max ${at(1)} (${values.length})`;
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(0)} MiB`;
}

function say(line: string): void {
  stdout.write(`${line}\n`);
}
