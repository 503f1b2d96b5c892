/**
 * A process that patches a job file many times: `patch-job.ts FOLDER trainer|operator|counter TIMES`. `counter` adds one
 * to `restarts` by read and conditional write, trying again on conflict.
 */
import { nodeEffects } from '../../../job-store/node-effects.ts';
import { JobFile } from '../../../job-store/job-file.ts';
import { JobConflictError } from '../../../multigrid/object/object-errors.ts';
import { makeProgress } from './jobs.ts';

const [folder = '', role = '', times = '0'] = process.argv.slice(2);
const file = new JobFile(folder, nodeEffects);

for (let count = 1; count <= Number(times); count += 1) {
  if (role === 'trainer') {
    await file.patch({ writer: 'trainer', status: { progress: makeProgress({ iteration: count }) } });
  } else if (role === 'operator') {
    await file.patch({ writer: 'operator', status: { replicas: count } });
  } else {
    await addOne();
  }
}

async function addOne(): Promise<void> {
  for (;;) {
    const job = await file.read();
    const restarts = (job.status?.restarts ?? 0) + 1;
    try {
      await file.patch(
        { writer: 'operator', status: { restarts } },
        { resourceVersion: job.metadata.resourceVersion },
      );
      return;
    } catch (error) {
      if (!(error instanceof JobConflictError)) {
        throw error;
      }
    }
  }
}
