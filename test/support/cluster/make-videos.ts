/**
 * Storage and videos for jobs on a test cluster, as examples/quickstart-data.yaml makes them: its claims bound to folders
 * that all nodes share, its job for fewer videos. In comes a cluster with the trainer's image, out come the folders.
 */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { Cluster } from '../../cluster/cluster.ts';
import { TRAINER_IMAGE } from './project-images.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const STORAGE_CLASS = 'shared-folder';

/**
 * Applies the example, for 96 videos instead of 1,940, and waits until they are there.
 *
 * @returns the folder that jobs write their results into
 */
export async function makeVideos(cluster: Cluster): Promise<string> {
  const objects = await readObjects('quickstart-data.yaml');
  const claims = objects.filter(({ kind }) => kind === 'PersistentVolumeClaim');
  await applyAll(cluster, [storageClass(), ...claims]);
  for (const { metadata } of claims) {
    await mkdir(folderOf(cluster, metadata.name));
    await applyAll(cluster, [volumeFor(cluster, metadata.name)]);
  }
  await applyAll(cluster, objects.filter(isPodJob).map(smaller));
  await cluster.kubectl(['wait', '--for=condition=Complete', 'job/quickstart-data', '--timeout=240s']);
  return folderOf(cluster, 'quickstart-runs');
}

interface Named {
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

interface PodJob extends Named {
  readonly spec: {
    readonly template: {
      readonly spec: { readonly containers: readonly { readonly args: readonly string[] }[] };
    };
  };
}

async function readObjects(example: string): Promise<readonly Named[]> {
  const text = await readFile(join(ROOT, 'examples', example), 'utf8');
  return parseAllDocuments(text).flatMap((document) => {
    const value: unknown = document.toJS();
    return isNamed(value) ? [value] : [];
  });
}

function smaller(job: PodJob): object {
  const { template } = job.spec;
  const containers = template.spec.containers.map((container) => ({
    ...container,
    image: TRAINER_IMAGE,
    args: [...container.args, '--train', '64', '--val', '16', '--test', '16'],
    resources: {},
  }));
  return { ...job, spec: { ...job.spec, template: { ...template, spec: { ...template.spec, containers } } } };
}

/** The cluster's default, as any cluster has one; here with nobody who makes volumes. */
function storageClass(): object {
  return {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: {
      name: STORAGE_CLASS,
      annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' },
    },
    provisioner: 'kubernetes.io/no-provisioner',
  };
}

/** A volume of the kind `local`: unlike a hostPath it is made writable by fsGroup, like the volumes of real clusters. */
function volumeFor(cluster: Cluster, claim: string): object {
  const hostname = { key: 'kubernetes.io/hostname', operator: 'In', values: cluster.nodes };
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: claim },
    spec: {
      capacity: { storage: '1Gi' },
      accessModes: ['ReadWriteOnce'],
      storageClassName: STORAGE_CLASS,
      claimRef: { namespace: 'default', name: claim },
      local: { path: folderOf(cluster, claim) },
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [hostname] }] } },
    },
  };
}

function folderOf(cluster: Cluster, claim: string): string {
  return join(cluster.sharedFolder, claim);
}

async function applyAll(cluster: Cluster, objects: readonly object[]): Promise<void> {
  const list = { apiVersion: 'v1', kind: 'List', items: objects };
  await cluster.kubectl(['apply', '-f', '-'], JSON.stringify(list));
}

function isNamed(value: unknown): value is Named {
  return typeof value === 'object' && value !== null && 'kind' in value && 'metadata' in value;
}

function isPodJob(object: Named): object is PodJob {
  return object.kind === 'Job';
}
