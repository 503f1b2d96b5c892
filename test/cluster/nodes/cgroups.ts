/**
 * The control group of a node, in every hierarchy, before its kubelet starts: it must exist and, where processors are
 * assigned, be given some. sweep.ts removes it.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = '/sys/fs/cgroup';
/** In version 2 a group has only the controllers that the group above hands down. */
const HANDED_DOWN = ['cpu', 'cpuset', 'io', 'memory', 'pids', 'hugetlb'];

/** @param path - names from the root of the hierarchies, such as ['multigrid-nodes-0', 'node-1'] */
export function makeCgroup(path: readonly string[]): void {
  if (existsSync(join(ROOT, 'cgroup.controllers'))) {
    makeUnified(path);
    return;
  }
  const hierarchies = readdirSync(ROOT, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const { name } of hierarchies) {
    let above = join(ROOT, name);
    for (const step of path) {
      const group = join(above, step);
      mkdirSync(group, { recursive: true });
      inheritCpus(above, group);
      above = group;
    }
  }
}

/** A new group of the first version has no processor and no memory node until it is told. */
function inheritCpus(above: string, group: string): void {
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    if (existsSync(join(group, file))) {
      writeFileSync(join(group, file), readFileSync(join(above, file)));
    }
  }
}

function makeUnified(path: readonly string[]): void {
  let group = ROOT;
  for (const step of path) {
    const available = readFileSync(join(group, 'cgroup.controllers'), 'utf8').trim().split(' ');
    const wanted = HANDED_DOWN.filter((name) => available.includes(name)).map((name) => `+${name}`);
    writeFileSync(join(group, 'cgroup.subtree_control'), wanted.join(' '));
    group = join(group, step);
    mkdirSync(group, { recursive: true });
  }
}
