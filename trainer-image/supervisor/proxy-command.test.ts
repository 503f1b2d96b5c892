/** The lines of hydra's launcher, of the version that is installed. */
import { expect, test } from '@jest/globals';
import { LauncherUnknownError, proxyArguments, readLaunchLine } from './proxy-command.ts';

const line = (place: { readonly port: number; readonly proxy: number }): string =>
  `HYDRA_LAUNCH: /opt/mpich/bin/hydra_pmi_proxy ${proxyArguments(place).join(' ')} `;

test('a line of the launcher says where the proxy finds it, and which one it is', () => {
  expect(readLaunchLine(line({ port: 41723, proxy: 3 }))).toEqual({ port: 41723, proxy: 3 });
  expect(readLaunchLine('HYDRA_LAUNCH_END')).toBeNull();
  expect(readLaunchLine('what a rank says')).toBeNull();
});

test.each(['--debug --proxy-id', '--control-port elsewhere:1 --proxy-id'])(
  'a line that asks for more or for less is refused: %s',
  (changed) => {
    const other = line({ port: 1, proxy: 0 }).replace('--proxy-id', changed);
    expect(() => readLaunchLine(other)).toThrow(LauncherUnknownError);
  },
);
