/**
 * What a cluster shows of a job that a test waits for in vain, so that one failure in a hundred runs can be understood
 * from its message alone. In comes the cluster and the job's name, out comes text: status, pods, nodes, logs. Whatever
 * cannot be had any more says so in its place.
 */
import { readFile } from 'node:fs/promises';
import type { Cluster } from '../../cluster/cluster.ts';

const LOG_LINES = 15;

export async function jobFindings(cluster: Cluster, name: string, operatorLog: string): Promise<string> {
  const pods = ['-l', `training.multigrid.dev/job-name=${name}`];
  const status = '{.status.state} {.status.conditions} {.status.progress} {.status.lastFailure}';
  const asked: readonly (readonly [string, Promise<string>])[] = [
    ['status', cluster.kubectl(['get', 'mgtj', name, '-o', `jsonpath=${status}`])],
    ['pods', cluster.kubectl(['describe', 'pods', ...pods])],
    ['logs', cluster.kubectl(['logs', ...pods, `--tail=${LOG_LINES}`, '--prefix'])],
    ['nodes', cluster.kubectl(['describe', 'nodes'])],
    ['operator', readFile(operatorLog, 'utf8').then((text) => text.split('\n').slice(-LOG_LINES).join('\n'))],
  ];
  const parts = await Promise.all(
    asked.map(async ([what, answer]) => `--- ${what}\n${await answer.catch(String)}`),
  );
  return parts.join('\n');
}
