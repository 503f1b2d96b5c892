/**
 * The videos that jobs on a test cluster train from, made in the cluster as examples/quickstart-data.yaml does it. In comes
 * a cluster with the trainer's image, out come files in its shared folder.
 */
import { chmod, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { Cluster } from '../../cluster/cluster.ts';
import { TRAINER_IMAGE } from './project-images.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');

/** Runs the job of examples/quickstart-data.yaml on the shared storage, for 96 videos instead of 1,940. */
export async function makeVideos(cluster: Cluster): Promise<void> {
  const text = await readFile(join(ROOT, 'examples', 'quickstart-data.yaml'), 'utf8');
  const job = parseAllDocuments(text)
    .map((document) => {
      const value: unknown = document.toJS();
      return value;
    })
    .find(isPodJob);
  if (job === undefined) {
    throw new TypeError('quickstart-data.yaml has no Job');
  }
  const path = join(cluster.sharedFolder, 'data');
  await mkdir(path);
  await chmod(path, 0o777);
  const { template } = job.spec;
  const containers = template.spec.containers.map((container) => ({
    ...container,
    image: TRAINER_IMAGE,
    args: [...container.args, '--train', '64', '--val', '16', '--test', '16'],
    resources: {},
  }));
  const volumes = [
    { name: 'data', hostPath: { path } },
    { name: 'scratch', emptyDir: {} },
  ];
  const spec = { ...job.spec, template: { ...template, spec: { ...template.spec, containers, volumes } } };
  await cluster.kubectl(['apply', '-f', '-'], JSON.stringify({ ...job, spec }));
  await cluster.kubectl(['wait', '--for=condition=Complete', 'job/quickstart-data', '--timeout=240s']);
}

interface PodJob {
  readonly kind: 'Job';
  readonly spec: {
    readonly template: {
      readonly spec: { readonly containers: readonly { readonly args: readonly string[] }[] };
    };
  };
}

function isPodJob(value: unknown): value is PodJob {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'Job';
}
