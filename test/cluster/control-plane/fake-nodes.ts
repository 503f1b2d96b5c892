/**
 * Nodes that exist in the API only. KWOK keeps them Ready and lets the pods bound to them become Running at once, so that
 * scheduling, Jobs and Services are real and no container is. What a test wants a pod to do next, it writes into the
 * pod's status itself.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { KWOK_STAGES } from '../binaries/kwok-stages.ts';
import { Component } from '../run-folder/component.ts';
import type { Site } from './commands.ts';
import { kubeconfigFile } from './users.ts';

export interface FakeNodes {
  readonly count: number;
  /** nvidia.com/gpu of each. @defaultValue 0 */
  readonly gpus?: number;
  /** Pods of Jobs succeed as soon as they run; else they run until somebody says otherwise. @defaultValue false */
  readonly jobsSucceed?: boolean;
}

/** The name of a fake node. */
export function fakeNodeName(index: number): string {
  return `fake-${index}`;
}

/** Starts KWOK. */
export function startFakeNodes(site: Site, fakes: FakeNodes): Component {
  const kwok = site.toolPath('kwok');
  const stages = join(dirname(kwok), KWOK_STAGES);
  const files = readdirSync(stages).filter(
    (file) => fakes.jobsSucceed === true || !file.includes('pod-complete'),
  );
  const config = join(site.runFolder, 'kwok-stages.yaml');
  writeFileSync(config, files.map((file) => readFileSync(join(stages, file), 'utf8')).join('\n---\n'));
  return new Component({
    name: 'kwok',
    folder: site.runFolder,
    command: [
      kwok,
      `--kubeconfig=${kubeconfigFile(site.runFolder, 'admin')}`,
      '--manage-all-nodes=true',
      `--config=${config}`,
      '--node-lease-duration-seconds=40',
      '--cidr=10.224.0.0/12',
      '-v=ERROR', // at the default it logs every lease of every node
    ],
  }).start();
}

/** The Node objects, as one List to apply. */
export function fakeNodeList(fakes: FakeNodes): string {
  const resources = {
    cpu: '32',
    memory: '256Gi',
    pods: '110',
    ...(fakes.gpus === undefined ? {} : { 'nvidia.com/gpu': String(fakes.gpus) }),
  };
  const items = Array.from({ length: fakes.count }, (_, index) => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: fakeNodeName(index),
      labels: { 'kubernetes.io/hostname': fakeNodeName(index), 'kubernetes.io/os': 'linux' },
    },
    status: { allocatable: resources, capacity: resources },
  }));
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
}
