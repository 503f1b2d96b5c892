/**
 * One real node: kubelet, containerd, kube-proxy and its pods in namespaces of their own (network, mounts, processes,
 * host name). Killing the first process of the namespaces is a power cut: everything in the node is gone at once, its
 * disk stays.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { waitUntil } from '../control-plane/wait-until.ts';
import { copyImageStore } from '../images/image-store.ts';
import { Component } from '../run-folder/component.ts';
import { makeCgroup } from './cgroups.ts';
import { nodeFiles, runtimeRoot, runtimeSocket, unhealthyFile, type NodePlan } from './node-files.ts';
import { plugNode, setCable, waitForNetwork } from './network.ts';

const run = promisify(execFile);

const FOLDERS = ['var-lib', 'var-log', 'log', 'volume-plugins'];
const RUNTIME_TIMEOUT_MS = 180_000;
const DEATH_TIMEOUT_MS = 180_000;

export class TestNode {
  readonly #plan: NodePlan;
  /** The process in whose network the bridge is. */
  readonly #plane: number;
  readonly #component: Component;
  readonly #unhealthy = new Set<string>();

  constructor(plan: NodePlan, plane: number) {
    this.#plan = plan;
    this.#plane = plane;
    for (const name of FOLDERS) {
      mkdirSync(join(plan.folder, name), { recursive: true });
    }
    for (const [name, content] of Object.entries(nodeFiles(plan))) {
      const path = join(plan.folder, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
    }
    this.#component = new Component({
      name: plan.self.name,
      folder: plan.runFolder,
      command: [
        ...['unshare', '--net', '--mount', '--pid', '--uts', '--ipc', '--fork', '--kill-child', '--'],
        ...['bash', join(plan.folder, 'boot.sh')],
      ],
    });
  }

  get name(): string {
    return this.#plan.self.name;
  }

  /** Gives the node images before it is switched on for the first time. */
  giveImages(store: string): Promise<void> {
    return copyImageStore(store, runtimeRoot(this.#plan.folder));
  }

  /** Switches the node on; resolves when its container runtime answers. */
  async start(): Promise<void> {
    const { folder, cgroup, self, cluster } = this.#plan;
    makeCgroup(cgroup.split('/').filter((step) => step !== ''));
    rmSync(runtimeSocket(folder), { force: true }); // of the life before a crash
    this.#component.start();
    await waitForNetwork(this.#component.pid);
    await plugNode(this.#plane, this.#component.pid, self, cluster);
    await waitUntil(
      () => {
        this.#component.assertRunning();
        return this.#runtimeAnswers();
      },
      { what: `the container runtime of ${this.name} (${folder}/log)`, timeoutMs: RUNTIME_TIMEOUT_MS },
    );
  }

  /** Cuts the power. The API server learns of it by silence. */
  async crash(): Promise<void> {
    const first = this.#firstProcess();
    await this.#component.kill();
    // The kernel lets go of the first process only when all others of the node are gone.
    await waitUntil(() => Promise.resolve(existsSync(`/proc/${first}`) ? null : true), {
      what: `the end of ${this.name}`,
      timeoutMs: DEATH_TIMEOUT_MS,
    });
  }

  /** Pulls the network cable; the node and its pods go on. */
  partition(): Promise<void> {
    return setCable(this.#plane, this.name, 'down');
  }

  heal(): Promise<void> {
    return setCable(this.#plane, this.name, 'up');
  }

  /** @param tarFile - an archive of `docker save` or an OCI layout */
  async loadImage(tarFile: string): Promise<void> {
    await this.#ctr('images', 'import', tarFile);
  }

  /** The device plugin tells the kubelet within a quarter of a second. */
  setGpuHealth(index: number, isHealthy: boolean): void {
    const name = `GPU-${index}`;
    if (isHealthy) {
      this.#unhealthy.delete(name);
    } else {
      this.#unhealthy.add(name);
    }
    writeFileSync(unhealthyFile(this.#plan.folder), [...this.#unhealthy].join('\n'));
  }

  async #runtimeAnswers(): Promise<true | null> {
    // ctr itself would wait 10 s for a socket that is not there yet.
    if (!existsSync(runtimeSocket(this.#plan.folder))) {
      return null;
    }
    try {
      await this.#ctr('version');
      return true;
    } catch {
      return null; // listening, not yet serving: look again
    }
  }

  async #ctr(...args: readonly string[]): Promise<void> {
    await run('ctr', ['--address', runtimeSocket(this.#plan.folder), '--namespace', 'k8s.io', ...args]);
  }

  /** The process that is number 1 in the node: the only child of the unshare that we started. */
  #firstProcess(): number {
    const { pid } = this.#component;
    return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0]);
  }
}
