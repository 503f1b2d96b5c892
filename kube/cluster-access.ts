/**
 * How to reach the API server and who we are there: a kubeconfig file, or the pod's own service account. In comes where
 * to look, out come the address, the headers that prove who asks, and connections that are kept open. The client library
 * reads configurations, tokens, exec plugins and proxies; it makes a new pool of connections for every request, so here
 * its pool is kept until the certificates change.
 */
import { KubeConfig, RequestContext, HttpMethod } from '@kubernetes/client-node';
import type { AgentOptions } from 'node:https';
import { NoClusterError } from './api-errors.ts';
import { Agent, type Dispatcher } from 'undici';

export interface Access {
  readonly headers: Readonly<Record<string, string>>;
  readonly dispatcher: Dispatcher;
}

/** Tokens of service accounts change every hour and stay valid for a while after. */
const REFRESH_MS = 20_000;

export class ClusterAccess {
  readonly server: string;
  readonly #config: KubeConfig;
  readonly #monotonicNow: () => number;
  #access: (Access & { readonly untilMs: number; readonly fingerprint: string }) | null = null;
  #refreshing: Promise<Access> | null = null;

  private constructor(config: KubeConfig, monotonicNow: () => number) {
    const cluster = config.getCurrentCluster();
    if (cluster === null) {
      throw new NoClusterError(
        'the kubeconfig names no current cluster; set KUBECONFIG, or its current-context',
      );
    }
    this.server = cluster.server.replace(/\/$/, '');
    this.#config = config;
    this.#monotonicNow = monotonicNow;
  }

  /**
   * @param kubeconfig - path of a file; null: $KUBECONFIG, the home folder, or the pod's service account
   * @param monotonicNow - milliseconds since any moment, by a clock that nobody sets
   * @throws NoClusterError, or what the library throws at a file that it cannot read.
   */
  static load(kubeconfig: string | null, monotonicNow: () => number): ClusterAccess {
    const config = new KubeConfig();
    if (kubeconfig === null) {
      config.loadFromDefault();
    } else {
      config.loadFromFile(kubeconfig);
    }
    return ClusterAccess.of(config, monotonicNow);
  }

  /**
   * As the service account of the pod that this process runs in.
   *
   * @throws NoClusterError when it runs in none.
   */
  static ofPod(monotonicNow: () => number): ClusterAccess {
    const config = new KubeConfig();
    config.loadFromCluster();
    return ClusterAccess.of(config, monotonicNow);
  }

  /** @throws NoClusterError */
  static of(config: KubeConfig, monotonicNow: () => number): ClusterAccess {
    return new ClusterAccess(config, monotonicNow);
  }

  /** Namespace of the current context; null when it names none. */
  get namespace(): string | null {
    const name = this.#config.getCurrentContext();
    return this.#config.getContextObject(name)?.namespace ?? null;
  }

  current(): Promise<Access> {
    if (this.#access !== null && this.#access.untilMs > this.#monotonicNow()) {
      return Promise.resolve(this.#access);
    }
    // Requests that come together share one refresh, or each would open connections of its own.
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  /** The server did not believe us: look for a newer token before the next request. */
  forget(): void {
    if (this.#access !== null) {
      this.#access = { ...this.#access, untilMs: 0 };
    }
  }

  /** Cuts all connections; there is no other way back than a new access. */
  async close(): Promise<void> {
    await this.#access?.dispatcher.destroy();
  }

  async #refresh(): Promise<Access> {
    const context = new RequestContext(this.server, HttpMethod.GET);
    await this.#config.applySecurityAuthentication(context);
    const tls: AgentOptions = {};
    await this.#config.applyToHTTPSOptions(tls);
    const fingerprint = [tls.ca, tls.cert, tls.key].map(String).join('\n');
    const before = this.#access;
    const isSame = before !== null && before.fingerprint === fingerprint;
    const dispatcher = isSame ? before.dispatcher : this.#connect(tls, context.getDispatcher());
    if (!isSame) {
      void before?.dispatcher.close();
    }
    const headers = context.getHeaders();
    this.#access = { headers, dispatcher, fingerprint, untilMs: this.#monotonicNow() + REFRESH_MS };
    return this.#access;
  }

  /**
   * HTTP/1.1: over HTTP/2 all watches and requests would share one connection, and undici has no ping that would notice
   * when it is dead.
   */
  #connect(tls: AgentOptions, otherwise: Dispatcher | undefined): Dispatcher {
    const isProxied = this.#config.getCurrentCluster()?.proxyUrl !== undefined;
    return isProxied && otherwise !== undefined
      ? otherwise
      : new Agent({
          allowH2: false,
          keepAliveTimeout: IDLE_MS,
          connect: { ...definedOf(tls), ...KEEP_ALIVE },
        });
  }
}

/**
 * An idle connection is kept for longer than a trainer is silent, or each renewal of its lease would cost the API server a
 * handshake, which is more than the renewal. Servers and load balancers close theirs after a minute or more.
 */
const IDLE_MS = 30_000;

/** The system notices a line that is dead and idle. */
const KEEP_ALIVE = { keepAlive: true, keepAliveInitialDelay: 30_000 };

/** What a connection is made with, of all that the library fills in. */
function definedOf({ ca, cert, key, pfx, passphrase, rejectUnauthorized, servername }: AgentOptions): object {
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(pfx === undefined ? {} : { pfx }),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
    ...(servername === undefined ? {} : { servername }),
  };
}
