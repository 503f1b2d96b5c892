/** Flags, environment and defaults, and what is said of nonsense in them. */
import { expect, test } from '@jest/globals';
import { ConfigError, readConfig } from './config.ts';

const IMAGE = { MULTIGRID_TRAINER_IMAGE: 'trainer:1' };

test('the image of the trainer is all that has to be said', () => {
  expect(readConfig([], IMAGE)).toEqual({
    kubeconfig: null,
    namespaces: null,
    hasNodeLeases: true,
    trainerImage: 'trainer:1',
    lease: {
      namespace: null,
      name: 'multigrid-operator',
      leaseMs: 15_000,
      renewDeadlineMs: 10_000,
      retryMs: 2000,
    },
    concurrency: 8,
    logLevel: 'info',
    metricsPort: 8080,
    healthPort: 8081,
    identity: null,
  });
});

test('a flag goes before the environment', () => {
  const environment = { ...IMAGE, MULTIGRID_WATCH_NAMESPACES: 'a, b', MULTIGRID_CONCURRENCY: '4' };
  const config = readConfig(['--namespaces=c', '--leader-elect', 'false', '--kubeconfig', '/k'], environment);
  expect(config).toMatchObject({ namespaces: ['c'], concurrency: 4, lease: null, kubeconfig: '/k' });
  expect(readConfig([], environment).namespaces).toEqual(['a', 'b']);
});

test.each<[string, readonly string[]]>([
  ['--trainer-image (or MULTIGRID_TRAINER_IMAGE) must name the image', ['--trainer-image=']],
  ["Unknown option '--namespace'", ['--namespace=a']],
  ['--concurrency must be a number from 1 to 1000, not "many"', ['--concurrency=many']],
  ['--metrics-port must be a number from 0 to 65535, not "70000"', ['--metrics-port=70000']],
  ['--leader-elect must be true or false, not "yes"', ['--leader-elect=yes']],
  ['--log-level must be one of debug, info, warn, error, not "loud"', ['--log-level=loud']],
  ['--retry-period-seconds must be below --renew-deadline-seconds', ['--lease-seconds=5']],
])('says %s', (message, flags) => {
  expect(() => readConfig(flags, IMAGE)).toThrow(ConfigError);
  expect(() => readConfig(flags, IMAGE)).toThrow(message);
});

test('everything wrong is said at once, with all settings there are', () => {
  const read = (): unknown => readConfig(['--concurrency=0', '--health-port=x'], {});
  expect(read).toThrow(/--concurrency[^]*--health-port[^]*--trainer-image[^]*Settings of the operator/);
});
