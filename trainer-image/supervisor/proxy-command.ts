/**
 * The one program that a supervisor starts: hydra's proxy, which starts the ranks of one worker. In: a line of hydra's launcher in
 * its `manual` mode, or what such a line means. Out: the port and the number that are in it, or the arguments. Pure. The arguments
 * are written down here, so that no worker has to take any from another one; a launcher that wants others is refused.
 */
import { isDeepStrictEqual } from 'node:util';

export interface ProxyPlace {
  /** Where the launcher, or what leads to it, listens on this host's loopback interface. */
  readonly port: number;
  /** Which of the launcher's hosts this is, from 0. */
  readonly proxy: number;
}

/** This hydra starts its proxies in a way that nobody here knows. */
export class LauncherUnknownError extends Error {
  override readonly name = 'LauncherUnknownError';
}

/** What the launcher is told to be, so that every connection to it stays on its own host. */
export const LOOPBACK = '127.0.0.1';

/** In `manual` mode the launcher begins a line so for each of its hosts, and ends with a line of its own. */
export const LAUNCH = { begin: 'HYDRA_LAUNCH: ', end: 'HYDRA_LAUNCH_END' } as const;
const LINE = /^HYDRA_LAUNCH: \S+ (--control-port \S+:(\d+) .* --proxy-id (\d+)) *$/;

export function proxyArguments({ port, proxy }: ProxyPlace): readonly string[] {
  return [
    ...['--control-port', `${LOOPBACK}:${port}`, '--rmk', 'user', '--launcher', 'manual'],
    ...['--demux', 'poll', '--pgid', '0', '--retries', '10', '--usize', '-1', '--pmi-port', '0'],
    ...['--gpus-per-proc', '-2', '--gpu-subdevs-per-proc', '-2', '--proxy-id', String(proxy)],
  ];
}

/**
 * @returns null for every other line
 * @throws LauncherUnknownError
 */
export function readLaunchLine(line: string): ProxyPlace | null {
  if (!line.startsWith(LAUNCH.begin)) {
    return null;
  }
  const [, args = '', port, proxy] = LINE.exec(line) ?? [];
  const place = { port: Number(port), proxy: Number(proxy) };
  if (!isDeepStrictEqual(args.split(' '), proxyArguments(place))) {
    throw new LauncherUnknownError(`this hydra asks for another proxy than the one that is known: ${line}`);
  }
  return place;
}
