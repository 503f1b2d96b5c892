/** The folder a sample run would have left behind: job.yaml, metrics.jsonl and result.json, without any training. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { API_VERSION, KIND } from '../../multigrid/contract/names.ts';
import { formatJob } from '../../multigrid/object/job-text.ts';
import { writeRecord } from '../../trainer-image/run-folder/record-file.ts';
import { RUN_FILES } from '../../trainer-image/run-folder/run-folder.ts';
import type { SampleRun } from './sample-run.ts';

export async function writeSampleRun(folder: string, { plan, events, result }: SampleRun): Promise<void> {
  await mkdir(folder, { recursive: true });
  const job = {
    apiVersion: API_VERSION,
    kind: KIND,
    metadata: { name: result.name, resourceVersion: '7', generation: 1 },
    spec: { recipe: { frames: 16 } },
    status: { plan },
  };
  await writeFile(join(folder, RUN_FILES.job), formatJob(job));
  const lines = events.map((event) => JSON.stringify(event));
  await writeFile(join(folder, RUN_FILES.metrics), `${lines.join('\n')}\n`);
  await writeRecord(join(folder, RUN_FILES.result), result);
}
