/**
 * The operator as the chart's Deployment would run it, but as a process of this machine: with the service account's own
 * token, the rights of the chart, and the settings of the container. For integration tests; end it with `stop`.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ControlPlane } from '../../cluster/cluster.ts';
import { kubeconfigWith, OPERATOR, SYSTEM, tokenOf } from './installed.ts';

export interface OperatorProcess {
  /** What it has written to standard output and standard error. */
  readonly log: () => string;
  /** Sends SIGTERM and waits for the end; answers the exit code. */
  stop(): Promise<number | null>;
}

/** @param flags - added to the command line */
export async function startOperator(
  cluster: ControlPlane,
  flags: readonly string[] = [],
): Promise<OperatorProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'multigrid-operator-'));
  const kubeconfig = join(folder, 'kubeconfig');
  writeFileSync(kubeconfig, kubeconfigWith(cluster.kubeconfig, await tokenOf(cluster, SYSTEM, OPERATOR)));
  const child = spawn(
    'setpriv',
    [
      // It dies with the test that started it, whatever happens to that.
      ...['--pdeathsig', 'KILL', process.execPath, 'operator/main.ts'],
      `--kubeconfig=${kubeconfig}`,
      '--trainer-image=multigrid-trainer:test',
      `--lease-namespace=${SYSTEM}`,
      `--lease-name=${OPERATOR}`,
      '--metrics-port=0',
      '--health-port=0',
      ...flags,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let log = '';
  const take = (chunk: Buffer): void => {
    log += chunk.toString();
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  const ended = new Promise<number | null>((resolve) => {
    child.on('close', resolve);
  });
  return {
    log: () => log,
    stop: async () => {
      child.kill('SIGTERM');
      const code = await ended;
      rmSync(folder, { recursive: true, force: true });
      return code;
    },
  };
}
