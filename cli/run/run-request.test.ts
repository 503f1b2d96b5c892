import { describe, expect, test } from '@jest/globals';
import { scriptedRun } from '../../test/support/run/scripted-run.ts';
import { readRunRequest } from './run-request.ts';

describe('a request to run on this machine', () => {
  test.each([
    [undefined, 2],
    [4, 4],
  ])(
    'has one process for each worker, whatever a pod would have (--workers %s)',
    async (workers, replicas) => {
      const run = await scriptedRun();
      await run.writeManifest({ workers: { replicas: 2, processesPerWorker: 4 } });
      const { spec, job } = await readRunRequest(run.manifestPath, { workers });
      const expected = { replicas, processesPerWorker: 1 };
      expect(spec).toMatchObject({ workers: expected });
      expect(job).toMatchObject({ spec: { workers: expected } });
    },
  );
});
