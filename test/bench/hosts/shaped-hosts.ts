/**
 * Hosts for benchmarks: network namespaces of this machine, joined by a bridge, each behind a link of a given speed in both
 * directions. In: how many, and the speed. Out: hosts to start MPI's ranks on; closing them takes everything away. Needs root.
 */
import { execFileSync, spawn } from 'node:child_process';
import { pid } from 'node:process';
import type { Mpich } from '../../../trainer-image/mpi/find-mpich.ts';
import {
  OVER_TCP,
  type RankLine,
  type RanksEnd,
  startRanks,
} from '../../../trainer-image/mpi/start-ranks.ts';
import { LAUNCH } from '../../../trainer-image/supervisor/proxy-command.ts';

export interface HostsCommand {
  readonly mpich: Pick<Mpich, 'mpiexec' | 'proxy'>;
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** A name must fit into the 15 characters of an interface's. */
const NAME = `mg${pid % 1_000_000}`;
const SUBNET = '10.213.7';
const BRIDGE_ADDRESS = `${SUBNET}.254`;
const INTERFACE = 'eth0';
/** Of the token bucket: 4 ms at 10 Gbit/s. */
const BURST = '5mb';
const LATENCY = '200ms';

export class ShapedHosts {
  readonly #count: number;

  private constructor(count: number) {
    this.#count = count;
  }

  /** @param rate - as tc writes it, `1gbit`; null: as fast as the machine */
  static open(count: number, rate: string | null): ShapedHosts {
    const hosts = new ShapedHosts(count);
    try {
      ip('link', 'add', NAME, 'type', 'bridge');
      ip('addr', 'add', `${BRIDGE_ADDRESS}/24`, 'dev', NAME);
      ip('link', 'set', NAME, 'up');
      for (let host = 0; host < count; host += 1) {
        addHost(host, rate);
      }
    } catch (error) {
      hosts.close();
      throw error;
    }
    return hosts;
  }

  /** One rank on each host, in order. */
  async run(
    { mpich, file, args, env }: HostsCommand,
    onLine: (line: Pick<RankLine, 'rank' | 'text'>) => void,
  ): Promise<RanksEnd> {
    const list = Array.from({ length: this.#count }, (_, host) => `host-${host}:1`);
    const hosts = { here: BRIDGE_ADDRESS, list };
    const command = { mpiexec: mpich.mpiexec, file, args, ranks: this.#count, env, hosts };
    let host = 0;
    const running = startRanks(command, (line) => {
      if (line.text.startsWith(LAUNCH.begin)) {
        // In the order of the list.
        const proxy = startOn(host, line.text.slice(LAUNCH.begin.length).trim().split(' '), env);
        proxy.once('exit', (code) => {
          if (code !== 0) {
            running.kill('SIGKILL');
          }
        });
        host += 1;
      } else if (!line.text.startsWith(LAUNCH.end)) {
        onLine(line);
      }
    });
    return running.ended;
  }

  close(): void {
    for (let host = 0; host < this.#count; host += 1) {
      quietly('netns', 'del', nameOf(host));
    }
    quietly('link', 'del', NAME);
  }
}

function startOn(
  host: number,
  command: readonly string[],
  env: Readonly<Record<string, string>>,
): ReturnType<typeof spawn> {
  return spawn('ip', ['netns', 'exec', nameOf(host), ...command], {
    env: { ...env, ...OVER_TCP, FI_TCP_IFACE: INTERFACE },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}

function addHost(host: number, rate: string | null): void {
  const name = nameOf(host);
  ip('netns', 'add', name);
  ip('link', 'add', name, 'type', 'veth', 'peer', 'name', INTERFACE, 'netns', name);
  ip('link', 'set', name, 'master', NAME, 'up');
  ip('-n', name, 'addr', 'add', `${SUBNET}.${host + 1}/24`, 'dev', INTERFACE);
  ip('-n', name, 'link', 'set', INTERFACE, 'up');
  ip('-n', name, 'link', 'set', 'lo', 'up');
  if (rate !== null) {
    const shape = ['root', 'tbf', 'rate', rate, 'burst', BURST, 'latency', LATENCY];
    execFileSync('tc', ['qdisc', 'add', 'dev', name, ...shape]);
    execFileSync('tc', ['-n', name, 'qdisc', 'add', 'dev', INTERFACE, ...shape]);
  }
}

function nameOf(host: number): string {
  return `${NAME}-${host}`;
}

function ip(...args: readonly string[]): void {
  execFileSync('ip', args);
}

/** What is not there need not be taken away. */
function quietly(...args: readonly string[]): void {
  try {
    execFileSync('ip', args, { stdio: 'ignore' });
  } catch {
    // It was not there.
  }
}
