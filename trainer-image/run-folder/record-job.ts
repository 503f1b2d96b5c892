/**
 * In a cluster the job object is not in the output folder; this puts a copy there, so that the folder alone says what was
 * run: `multigrid report`, `export` and `compare` read it like the folder of a run on one machine. In: the job. Out:
 * job.yaml. Called when the plan is known and at the end.
 */
import { join } from 'node:path';
import { formatJob } from '../../multigrid/object/job-text.ts';
import type { StoredJob } from '../../multigrid/object/job-object.ts';
import { RUN_FILES } from './run-folder.ts';
import { writeWholeFile } from '../../storage/whole-file.ts';

export async function recordJob(outputDir: string, job: StoredJob): Promise<void> {
  const { name, namespace, uid, generation, resourceVersion, labels } = job.metadata;
  // Field managers and kubectl's annotation are the API server's business and longer than the rest.
  const { apiVersion, kind, spec, status } = job;
  const metadata = {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(uid === undefined ? {} : { uid }),
    ...(generation === undefined ? {} : { generation }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
    ...(labels === undefined ? {} : { labels }),
  };
  const recorded: StoredJob = {
    apiVersion,
    kind,
    metadata,
    spec,
    ...(status === undefined ? {} : { status }),
  };
  await writeWholeFile(join(outputDir, RUN_FILES.job), formatJob(recorded));
}
