/** The running control plane: etcd, API server, controller manager and scheduler as components at one site. */
import { readFileSync } from 'node:fs';
import { get } from 'node:https';
import { Component } from '../run-folder/component.ts';
import { pemFile } from './certificates.ts';
import {
  apiServerCommand,
  controllerManagerCommand,
  etcdCommand,
  schedulerCommand,
  type Site,
} from './commands.ts';
import { waitUntil } from './wait-until.ts';

export interface PlaneOptions {
  readonly site: Site;
  /** The administrator's. */
  readonly token: string;
  /** Put before every command, to run it in another network. */
  readonly enter: readonly string[];
  readonly apiServerFlags: readonly string[];
  /** A node that has said nothing for so long is given up. */
  readonly nodeGraceSeconds: number;
}

/** Boots take 3 s on a quiet machine; the machine is often not quiet. */
const BOOT_TIMEOUT_MS = 300_000;

export class Plane {
  readonly #options: PlaneOptions;
  readonly #authority: string;
  readonly #apiServer: Component;
  readonly #etcd: Component;
  /** They sign in once at their start, so that the API server has to be ready before. */
  readonly #clients: readonly Component[];
  readonly url: string;

  private constructor(options: PlaneOptions) {
    const { site, enter } = options;
    const component = (name: string, command: readonly string[]): Component =>
      new Component({ name, command: [...enter, ...command], folder: site.runFolder });
    this.#options = options;
    this.#authority = readFileSync(pemFile(site.pki, 'ca', 'crt'), 'utf8');
    this.url = serverUrl(site);
    this.#apiServer = component('apiserver', apiServerCommand(site, options.apiServerFlags));
    this.#etcd = component('etcd', etcdCommand(site));
    this.#clients = [
      component('controller-manager', controllerManagerCommand(site, options.nodeGraceSeconds)),
      component('scheduler', schedulerCommand(site)),
    ];
  }

  /** Resolves when pods can be created. What it started before an error, the run folder's sweep ends. */
  static async start(options: PlaneOptions): Promise<Plane> {
    const plane = new Plane(options);
    plane.#etcd.start();
    await plane.#startServer();
    for (const client of plane.#clients) {
      client.start();
    }
    // Without it a pod is refused.
    await plane.#waitFor('/api/v1/namespaces/default/serviceaccounts/default', 'the first ServiceAccount');
    return plane;
  }

  /**
   * Starts it again, and with it the controllers: in a real control plane they lose their leases in an outage and are started
   * anew. Left to themselves they are blind for up to half a minute more, and a pod that comes and goes in that time is
   * never replaced (Kubernetes 1.37: the Job controller waits for five minutes to see it made, and nothing wakes it then).
   */
  async startApiServer(): Promise<void> {
    await this.#startServer();
    for (const client of this.#clients) {
      await client.kill();
      client.start();
    }
  }

  /** As by a crash: connections break, and new ones are refused. */
  stopApiServer(): Promise<void> {
    return this.#apiServer.kill();
  }

  /** As by a stuck machine: connections stay open, and nothing answers. */
  pauseApiServer(): void {
    this.#apiServer.pause();
  }

  resumeApiServer(): void {
    this.#apiServer.resume();
  }

  async #startServer(): Promise<void> {
    this.#apiServer.start();
    await this.#waitFor('/readyz', 'a ready API server');
  }

  async #waitFor(path: string, what: string): Promise<void> {
    const look = async (): Promise<true | null> => {
      for (const component of [this.#etcd, this.#apiServer, ...this.#clients]) {
        component.assertRunning();
      }
      return (await this.#answers(path)) ? true : null;
    };
    await waitUntil(look, { what, timeoutMs: BOOT_TIMEOUT_MS });
  }

  #answers(path: string): Promise<boolean> {
    const options = {
      ca: this.#authority,
      headers: { authorization: `Bearer ${this.#options.token}` },
      agent: false,
      timeout: 2000,
    };
    return new Promise((resolve) => {
      const request = get(new URL(path, this.url), options, (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      });
      request.on('timeout', () => request.destroy());
      request.on('error', () => {
        resolve(false);
      });
    });
  }
}

/** Where clients reach the API server of a site. */
export function serverUrl(site: Pick<Site, 'address' | 'ports'>): string {
  return `https://${site.address}:${site.ports.apiServer}`;
}
