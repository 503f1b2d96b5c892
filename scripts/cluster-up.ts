/**
 * `npm run cluster:up -- [--nodes N] [--gpus N]`: a Kubernetes to play with, which stays when the command ends. With nodes
 * (2 unless said, at least 0) pods are real containers and root is needed; with 0 there is an API server with two fake
 * nodes. Prints how to use it.
 */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildTools } from '../test/cluster/binaries/build-tools.ts';
import { installDebianPackages } from '../test/cluster/binaries/debian-packages.ts';
import { toolPath } from '../test/cluster/binaries/tool-cache.ts';
import type { HolderMessage } from '../test/cluster/playground/holder-file.ts';

const HOLDER = join(import.meta.dirname, '..', 'test', 'cluster', 'playground', 'holder.ts');

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function count(name: string, text: string): string {
  if (!/^\d{1,2}$/u.test(text)) {
    throw new Error(`--${name} must be a number from 0 to 99, found ${text}`);
  }
  return text;
}

function isHolderMessage(value: unknown): value is HolderMessage {
  return typeof value === 'object' && value !== null && ('kubeconfig' in value || 'error' in value);
}

/** Resolves to the path of the kubeconfig. */
function startHolder(nodes: string, gpus: string): Promise<string> {
  const holder = fork(HOLDER, [nodes, gpus], {
    detached: true,
    // Nothing of this terminal, or whatever reads its output would wait for the end of the cluster.
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    // Started by a test it is no worker of the test run, which it outlives.
    env: { ...process.env, JEST_WORKER_ID: undefined },
  });
  return new Promise((resolve, reject) => {
    holder.on('error', reject);
    holder.on('exit', (code) => {
      reject(new Error(`the cluster did not start (${code ?? 'killed'})`));
    });
    holder.on('message', (message) => {
      if (!isHolderMessage(message)) {
        return;
      }
      if ('error' in message) {
        reject(new Error(message.error));
      } else {
        holder.unref();
        resolve(message.kubeconfig);
      }
    });
  });
}

const { values } = parseArgs({
  options: { nodes: { type: 'string', default: '2' }, gpus: { type: 'string', default: '0' } },
});
installDebianPackages(say);
await buildTools(say);
const kubeconfig = await startHolder(count('nodes', values.nodes), count('gpus', values.gpus));
say(`export KUBECONFIG=${kubeconfig}`);
say(`# the matching kubectl: ${toolPath('kubectl')}; helm: ${toolPath('helm')}`);
say('# it stays until `npm run cluster:down`');
