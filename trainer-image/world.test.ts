import { describe, expect, test } from '@jest/globals';
import { EnvironmentError, worldOf } from './world.ts';

const POD = {
  MULTIGRID_JOB_NAMESPACE: 'team',
  MULTIGRID_JOB_NAME: 'k400',
  MULTIGRID_POD_NAME: 'k400-0-x7k2p',
  MULTIGRID_POD_UID: '9f0c',
  MULTIGRID_RANK: '0',
  MULTIGRID_WORLD_SIZE: '1',
  MULTIGRID_DATA_ROOT: '/data',
  MULTIGRID_OUTPUT: '/output',
  MULTIGRID_METRICS_PORT: '9465',
};

describe('the world of a trainer', () => {
  test('is a pod where there is a namespace', () => {
    expect(worldOf(POD)).toEqual({
      kind: 'cluster',
      namespace: 'team',
      jobName: 'k400',
      podName: 'k400-0-x7k2p',
      podUid: '9f0c',
      rank: 0,
      worldSize: 1,
      dataDir: '/data',
      outputDir: '/output',
      cores: null,
      metricsPort: 9465,
    });
  });

  test('is a pod of an operator of before, which gives it no uid', () => {
    expect(worldOf({ ...POD, MULTIGRID_POD_UID: undefined })).toMatchObject({ podUid: undefined });
  });

  test('is this machine where there is a job file, without metrics unless asked for', () => {
    const env = { MULTIGRID_JOB_FILE: 'run/job.yaml', MULTIGRID_DATA_ROOT: 'd', MULTIGRID_OUTPUT: 'run' };
    expect(worldOf(env)).toMatchObject({
      kind: 'local',
      jobFile: 'run/job.yaml',
      worldSize: 1,
      metricsPort: null,
    });
  });

  test("takes the number of cores that it is told, and the machine's when that is empty", () => {
    expect(worldOf({ ...POD, MULTIGRID_CORES: '16' }).cores).toBe(16);
    expect(worldOf({ ...POD, MULTIGRID_CORES: '' }).cores).toBeNull();
  });

  test.each<[string, Record<string, string>]>([
    ['MULTIGRID_JOB_NAME', { MULTIGRID_JOB_NAME: '' }],
    ['MULTIGRID_RANK', { MULTIGRID_RANK: 'zero' }],
    ['MULTIGRID_RANK is 4', { MULTIGRID_RANK: '4', MULTIGRID_WORLD_SIZE: '4' }],
    ['MULTIGRID_WORLD_SIZE', { MULTIGRID_WORLD_SIZE: '0' }],
    ['MULTIGRID_CORES', { MULTIGRID_CORES: '0' }],
    ['MULTIGRID_CORES', { MULTIGRID_CORES: 'x' }],
    ['MULTIGRID_METRICS_PORT', { MULTIGRID_METRICS_PORT: '-1' }],
  ])('cannot be made out when it is wrong: %s', (named, change) => {
    expect(() => worldOf({ ...POD, ...change })).toThrow(EnvironmentError);
    expect(() => worldOf({ ...POD, ...change })).toThrow(named);
  });
});
