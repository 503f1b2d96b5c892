/**
 * What a load costs a control plane, from the API server's, etcd's and the operator's own metrics. In come two looks, out
 * come cores, requests a second by kind, bytes written, and conflicts in between.
 */
import { readFileSync } from 'node:fs';
import { request } from 'undici';
import type { ClusterAccess } from '../../../kube/cluster-access.ts';
import type { BareControlPlane } from '../../cluster/cluster.ts';
import { quantileBetween, readSamples, sumOf, type MetricSample } from './metric-samples.ts';

export interface Look {
  readonly atMs: number;
  readonly apiServer: readonly MetricSample[];
  readonly etcd: readonly MetricSample[];
  readonly operator: readonly MetricSample[];
  /** Processor seconds of everything on this machine, other people's work included. */
  readonly machineSeconds: number;
}

export interface Use {
  readonly seconds: number;
  readonly cores: Readonly<Record<'apiServer' | 'etcd' | 'operator' | 'machine', number>>;
  /** Requests a second that change something, as in `APPLY multigridtrainingjobs/status`. */
  readonly writes: ReadonlyMap<string, number>;
  readonly writesPerSecond: number;
  readonly apiServerMsPerWrite: number;
  /** Of etcd's log and of its database; bytes. */
  readonly walPerSecond: number;
  readonly walPerWrite: number;
  readonly databaseGrowthPerSecond: number;
  readonly conflicts: number;
  /** Seconds that the API server took for a status of a job. */
  readonly statusSeconds: { readonly p50: number; readonly p99: number };
  readonly reconcilesPerSecond: number;
  /** Bytes, at the end. */
  readonly operatorMemory: number;
  readonly apiServerMemory: number;
}

const WRITES = ['POST', 'PUT', 'PATCH', 'APPLY', 'DELETE'];
const CPU = 'process_cpu_seconds_total';
const TICKS_PER_SECOND = 100;

/** @param access - an administrator's */
export async function look(
  plane: BareControlPlane,
  access: ClusterAccess,
  operatorUrl: string,
): Promise<Look> {
  const { headers, dispatcher } = await access.current();
  const [apiServer, etcd, operator] = await Promise.all([
    scrape(`${plane.url}/metrics`, { headers, dispatcher }),
    scrape(`${plane.etcdUrl}/metrics`),
    scrape(operatorUrl),
  ]);
  return {
    atMs: performance.now(),
    apiServer: readSamples(apiServer),
    etcd: readSamples(etcd),
    operator: readSamples(operator),
    machineSeconds: machineSeconds(),
  };
}

export function useBetween(before: Look, after: Look): Use {
  const seconds = (after.atMs - before.atMs) / 1000;
  type Side = 'apiServer' | 'etcd' | 'operator';
  const gain = (side: Side, name: string, filter = {}): number =>
    sumOf(after[side], name, filter) - sumOf(before[side], name, filter);
  const writes = writesBetween(before.apiServer, after.apiServer, seconds);
  const writesPerSecond = [...writes.values()].reduce((sum, rate) => sum + rate, 0);
  const count = Math.max(1, writesPerSecond * seconds);
  const wal = gain('etcd', 'etcd_disk_wal_write_bytes_total');
  const status = { resource: 'multigridtrainingjobs', subresource: 'status', verb: ['PATCH', 'APPLY'] };
  const took = (share: number): number =>
    quantileBetween(before.apiServer, after.apiServer, 'apiserver_request_duration_seconds', share, status);
  return {
    seconds,
    cores: {
      apiServer: gain('apiServer', CPU) / seconds,
      etcd: gain('etcd', CPU) / seconds,
      operator: gain('operator', CPU) / seconds,
      machine: (after.machineSeconds - before.machineSeconds) / seconds,
    },
    writes,
    writesPerSecond,
    apiServerMsPerWrite: (1000 * gain('apiServer', CPU)) / count,
    walPerSecond: wal / seconds,
    walPerWrite: wal / count,
    databaseGrowthPerSecond: gain('etcd', 'etcd_mvcc_db_total_size_in_bytes') / seconds,
    conflicts: gain('apiServer', 'apiserver_request_total', { code: '409' }),
    statusSeconds: { p50: took(0.5), p99: took(0.99) },
    reconcilesPerSecond: gain('operator', 'multigrid_reconcile_total') / seconds,
    operatorMemory: sumOf(after.operator, 'process_resident_memory_bytes'),
    apiServerMemory: sumOf(after.apiServer, 'process_resident_memory_bytes'),
  };
}

function writesBetween(
  before: readonly MetricSample[],
  after: readonly MetricSample[],
  seconds: number,
): ReadonlyMap<string, number> {
  const totals = new Map<string, number>();
  const add = (samples: readonly MetricSample[], sign: 1 | -1): void => {
    for (const { name, labels, value } of samples) {
      const { verb = '', resource = '', subresource = '' } = labels;
      if (name === 'apiserver_request_total' && WRITES.includes(verb)) {
        const what = `${verb} ${resource}${subresource === '' ? '' : `/${subresource}`}`;
        totals.set(what, (totals.get(what) ?? 0) + sign * value);
      }
    }
  };
  add(after, 1);
  add(before, -1);
  const rates = [...totals]
    .filter(([, count]) => count > 0)
    .map(([what, count]) => [what, count / seconds] as const);
  return new Map(rates.sort(([, one], [, other]) => other - one));
}

/** A busy server may cut a connection under megabytes of metrics; counters can be read again. */
async function scrape(url: string, options: Parameters<typeof request>[1] = {}, tries = 5): Promise<string> {
  try {
    const { body } = await request(url, options);
    return await body.text();
  } catch (error) {
    if (tries <= 1) {
      throw error;
    }
    return scrape(url, options, tries - 1);
  }
}

/** User, nice, system and interrupt time of all cores. */
function machineSeconds(): number {
  const [, user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0] = (
    readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? ''
  )
    .split(/\s+/)
    .map(Number);
  return (user + nice + system + irq + softIrq) / TICKS_PER_SECOND;
}
