/**
 * A process that is `multigrid run` with a scripted trainer: `run-scripted.ts MANIFEST OUTPUT GRACE_MS ACTS`. For tests that
 * stop or kill the operator's process itself.
 */
import { join } from 'node:path';
import { runJob } from '../../../cli/run/run-job.ts';

const [manifestPath = '', outputDir = '', graceMs = '', acts = '[]'] = process.argv.slice(2);
const outcome = await runJob({
  manifestPath,
  outputDir,
  resume: false,
  trainerModule: join(import.meta.dirname, 'scripted-trainer.ts'),
  trainerEnv: { TRAINER_SCRIPT: acts, TRAINER_GRACE_MS: graceMs },
});
process.exitCode = outcome.kind === 'complete' ? 0 : 1;
