import { beforeEach, describe, expect, test } from '@jest/globals';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import type { Adoption, JobIdentity } from '../../../multigrid/object/job-identity.ts';
import { formatJob } from '../../../multigrid/object/job-text.ts';
import { makeStoredJob } from '../../../test/support/run/jobs.ts';
import { isRecorded, OutputOfAnotherJobError, requireOwnOutput } from './output-owner.ts';

const OURS: JobIdentity = { namespace: 'team-a', name: 'train', uid: 'a-2' };
const EARLIER: JobIdentity = { ...OURS, uid: 'a-1' };
const ELSEWHERE: JobIdentity = { ...OURS, namespace: 'team-b', uid: 'b-1' };
/** Of `multigrid run` on a machine without namespaces. */
const ON_A_LAPTOP: JobIdentity = { ...OURS, namespace: '', uid: 'c-1' };

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
});

async function recordedBy({ namespace, name, uid }: JobIdentity): Promise<void> {
  const job = makeStoredJob(name);
  const metadata = { ...job.metadata, uid, ...(namespace === '' ? {} : { namespace }) };
  await writeFile(join(folder, 'job.yaml'), formatJob({ ...job, metadata }));
}

async function checkpointsOf(...jobs: readonly (JobIdentity | null)[]): Promise<void> {
  await mkdir(join(folder, 'checkpoints'));
  for (const [index, job] of jobs.entries()) {
    const manifest = { file: 'x', sha256: 'x', iteration: index, ...(job === null ? {} : { job }) };
    await writeFile(join(folder, 'checkpoints', `iteration-0000000${index}.json`), JSON.stringify(manifest));
  }
}

function take(adopt: Adoption): Promise<void> {
  return requireOwnOutput(folder, { job: OURS, adopt });
}

describe('an output folder', () => {
  test("in which nobody has left anything is anybody's, also when it is not there yet", async () => {
    await take('Never');
    await writeFile(join(folder, 'notes.txt'), 'a person may keep things here');
    await take('Never');
    await requireOwnOutput(join(folder, 'not-there'), { job: OURS, adopt: 'Never' });
  });

  test('is recorded as that of the job whose job.yaml it holds, and of no other', async () => {
    const asked = (): Promise<boolean> => isRecorded(folder, OURS);
    expect(await asked()).toBe(false);
    await recordedBy(EARLIER);
    expect(await asked()).toBe(false);
    await recordedBy(OURS);
    expect(await asked()).toBe(true);
  });

  test("of the job itself is the job's, by job.yaml and by its newest checkpoint", async () => {
    await recordedBy(OURS);
    await checkpointsOf(null, EARLIER);
    await take('Never');
    await rm(join(folder, 'job.yaml'));
    await rm(join(folder, 'checkpoints'), { recursive: true });
    await checkpointsOf(EARLIER, OURS);
    await take('Never');
  });

  test.each<[string, JobIdentity, boolean]>([
    ['an earlier job of its namespace and name', EARLIER, true],
    ['a run of its name on one machine', ON_A_LAPTOP, true],
    ['a job of its name in another namespace', ELSEWHERE, false],
    ['a job of another name', { ...EARLIER, name: 'other' }, false],
  ])('of %s is refused, and taken over when the manifest says so: %s', async (_who, owner, mayAdopt) => {
    for (const leave of [() => recordedBy(owner), () => checkpointsOf(owner)]) {
      await leave();
      await expect(take('Never')).rejects.toBeInstanceOf(OutputOfAnotherJobError);
      const adopting = take('SameName');
      await (mayAdopt ? adopting : expect(adopting).rejects.toBeInstanceOf(OutputOfAnotherJobError));
      await rm(join(folder, 'job.yaml'), { force: true });
    }
  });

  test('of another job is refused with both names and what to do, and nothing in it is changed', async () => {
    await recordedBy(ELSEWHERE);
    await expect(take('Never')).rejects.toThrow(
      /holds the run of job team-b\/train \(uid b-1\), and this job is team-a\/train \(uid a-2\).*spec\.volumes\.outputSubPath.*spec\.checkpoint\.adopt/,
    );
    expect(await readdir(folder)).toEqual(['job.yaml']);
  });

  test('with checkpoints that name nobody is taken over only when the manifest says so', async () => {
    await checkpointsOf(null);
    await expect(take('Never')).rejects.toThrow('checkpoints that do not say whose they are');
    await take('SameName');
  });

  test("whose job.yaml is no job is its checkpoints' job's", async () => {
    await writeFile(join(folder, 'job.yaml'), 'spec: [');
    await checkpointsOf(EARLIER);
    await expect(take('Never')).rejects.toThrow('team-a/train (uid a-1)');
  });
});
