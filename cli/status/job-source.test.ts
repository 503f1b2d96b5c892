import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { scriptedApiServer } from '../../test/support/cluster/scripted-api-server.ts';
import { makeStoredJob } from '../../test/support/run/jobs.ts';
import { clusterSource } from './job-source.ts';

const LIST = { metadata: { resourceVersion: '7' }, items: [makeStoredJob()] };

test.each([['test-job'], [undefined]])(
  'a display that fails ends the watch of job %s with its error, and is not called again',
  async (name) => {
    const folder = temporaryFolder();
    // A watch that stays open and says nothing: only the display's failure can end it.
    await using api = await scriptedApiServer(({ url = '' }, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      if (url.includes('watch=true')) {
        response.flushHeaders();
      } else {
        response.end(JSON.stringify(LIST));
      }
    });
    const kubeconfig = join(folder, 'kubeconfig');
    await writeFile(kubeconfig, kubeconfigOf(api.server));
    const source = await clusterSource({ cluster: { kubeconfig }, namespace: 'default', name });
    let calls = 0;
    const onJobs = (): void => {
      calls += 1;
      throw new Error('no terminal');
    };
    const hooks = { onJobs, onNotice: () => undefined };
    await expect(source.watch(hooks, new AbortController().signal)).rejects.toThrow('no terminal');
    expect(calls).toBe(1);
  },
);

function kubeconfigOf(server: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'scripted',
    clusters: [{ name: 'scripted', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'anybody', user: {} }],
    contexts: [{ name: 'scripted', context: { cluster: 'scripted', user: 'anybody' } }],
  });
}
