/**
 * The operator as a process: it says when it is ready, answers scrapes, holds the lease, and at SIGTERM ends in order and
 * gives the lease back; wrong settings are told and end it.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { textAt } from '../../multigrid/json/fields.ts';
import { whyNoControlPlane } from '../cluster/cluster.ts';
import { waitUntil } from '../cluster/control-plane/wait-until.ts';
import { JobCluster } from '../support/cluster/job-cluster.ts';

const describeIfPossible = whyNoControlPlane() === null ? describe : describe.skip;
const MAIN = new URL('../../operator/main.ts', import.meta.url).pathname;
const LEASE = '/apis/coordination.k8s.io/v1/namespaces/default/leases/multigrid-operator';
const PATIENCE = { timeoutMs: 120_000 };

interface UpLine {
  readonly healthPort: number;
  readonly metricsPort: number;
}

function start(flags: readonly string[]): ChildProcess & { readonly stdout: NodeJS.ReadableStream } {
  const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe'];
  return spawn('setpriv', ['--pdeathsig', 'KILL', process.execPath, MAIN, ...flags], { stdio });
}

describeIfPossible('the operator as a process', () => {
  let place: JobCluster;

  beforeAll(async () => {
    place = await JobCluster.start();
  });

  afterAll(() => place.down());

  const holder = async (): Promise<string | null> =>
    textAt(await place.admin.get(LEASE), 'spec', 'holderIdentity');

  test('is ready when its lists are in, leads, is scraped, and gives the lease back at SIGTERM', async () => {
    const flags = ['--trainer-image=t', '--metrics-port=0', '--health-port=0', '--identity=me'];
    const operator = start([
      '--kubeconfig',
      place.cluster.kubeconfigPath,
      '--lease-namespace=default',
      ...flags,
    ]);
    const ended = once(operator, 'exit');
    const lines: string[] = [];
    createInterface({ input: operator.stdout }).on('line', (line) => lines.push(line));
    const up = await waitUntil(
      () => Promise.resolve(lines.find((line) => line.includes('the operator is up')) ?? null),
      { what: 'the operator to be up', ...PATIENCE, seen: () => lines.join('\n') },
    );
    const { healthPort, metricsPort } = JSON.parse(up) as UpLine;
    const statusOf = async (path: string) => (await fetch(`http://127.0.0.1:${healthPort}${path}`)).status;
    expect(await statusOf('/healthz')).toBe(200);
    await waitUntil(async () => ((await statusOf('/readyz')) === 200 ? true : null), {
      what: 'the operator to be ready',
      ...PATIENCE,
    });
    await waitUntil(async () => ((await holder())?.startsWith('me_') === true ? true : null), {
      what: 'the lease to be held',
      ...PATIENCE,
    });
    const scraped = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    expect(scraped).toContain('leader_election_master_status{name="multigrid-operator"} 1');
    expect(scraped).toMatch(/rest_client_requests_total\{code="200",method="GET"\} [1-9]/);
    operator.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    expect(await holder()).toBe('');
    expect(lines.filter((line) => line.includes('"level":"error"'))).toEqual([]);
  });

  test('says what is wrong with its settings, and ends', async () => {
    const operator = start(['--lease-seconds=1']);
    const said = operator.stderr === null ? '' : text(operator.stderr);
    expect((await once(operator, 'exit'))[0]).toBe(64);
    expect(await said).toContain('--trainer-image (or MULTIGRID_TRAINER_IMAGE) must name the image');
  });
});
