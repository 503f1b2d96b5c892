/** `multigrid status` of runs on this machine, and what every command says where there is no cluster. */
import { expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { JobFile } from '../../job-store/job-file.ts';
import type { Condition } from '../../multigrid/object/job-object.ts';
import { nodeEffects } from '../../job-store/node-effects.ts';
import { CollectingIo } from '../../test/support/collecting-io.ts';
import { makePlan, makeProgress, makeStoredJob } from '../../test/support/run/jobs.ts';
import { runProgram } from '../program.ts';

const folder = temporaryFolder();

async function multigrid(...args: readonly string[]): Promise<CollectingIo> {
  const io = new CollectingIo();
  await runProgram(args, io, '0');
  return io;
}

async function makeRun(name: string): Promise<JobFile> {
  const file = new JobFile(await mkdtemp(join(folder, `${name}-`)), nodeEffects);
  await file.create(makeStoredJob(name));
  await file.patch({ writer: 'operator', status: { state: 'Running', plan: makePlan(3) } });
  await file.patch({ writer: 'trainer', status: { progress: makeProgress({ phase: 1, percent: 40 }) } });
  return file;
}

function condition(type: string, reason: string, message: string): Condition {
  return { type, status: 'True', reason, message, lastTransitionTime: '2026-01-01T00:00:00Z' };
}

test('shows the run of a folder with its phases', async () => {
  const run = await makeRun('digits');
  const { out, err, exitCode } = await multigrid('status', '--output', run.folder);
  expect(out).toMatch(/^digits {2}training/);
  expect(out).toMatch(/^ +2 {2}2x8x64 .*now$/m);
  expect(err).toBe('');
  expect(exitCode).toBe(0);
});

test('with -w follows the run of a folder to its end, which is an error when it failed', async () => {
  const run = await makeRun('digits');
  const watching = multigrid('status', '-w', '--output', run.folder);
  const failed = condition('Failed', 'BackoffLimitExceeded', 'failed 7 times');
  await run.patch({ writer: 'operator', status: { state: 'Failed', conditions: [failed] } });
  const { out, exitCode } = await watching;
  expect(out).toMatch(/^ {2}Failed +True +BackoffLimitExceeded +failed 7 times$/m);
  expect(exitCode).toBe(1);
});

test('with -w ends quietly when the job is complete', async () => {
  const run = await makeRun('digits');
  const watching = multigrid('status', '-w', '--output', run.folder);
  const complete = condition('Complete', 'TrainingFinished', 'trained to the end');
  await run.patch({ writer: 'operator', status: { state: 'Complete', conditions: [complete] } });
  expect((await watching).exitCode).toBe(0);
});

test('with -w on a terminal draws phases, progress and reasons over themselves until it is stopped', async () => {
  const run = await makeRun('digits');
  const stream = new PassThrough();
  let drawn = '';
  stream.on('data', (chunk: Buffer) => {
    drawn += chunk.toString();
  });
  const stop = new AbortController();
  const io = Object.assign(new CollectingIo(), {
    isTty: true,
    screen: Object.assign(stream, { isTTY: true, columns: 100 }),
    listenForStop: () => ({
      stop: stop.signal,
      kill: new AbortController().signal,
      exitCode: null,
      dispose: () => undefined,
    }),
  });
  const watching = runProgram(['status', '-w', '--output', run.folder], io, '0');
  const shows = async (pattern: RegExp): Promise<void> => {
    for (let waited = 0; !pattern.test(drawn) && waited < 20_000; waited += 50) {
      await nodeEffects.sleep(50);
    }
    expect(drawn).toMatch(pattern);
  };
  await shows(/digits.* training/);
  await shows(/ 2 {2}2x8x64 .*now/);
  const stalled = condition('Stalled', 'ProgressDeadlineExceeded', 'no report for 900 s');
  await run.patch({ writer: 'operator', status: { state: 'Stalled', conditions: [stalled] } });
  await shows(/Stalled +True +ProgressDeadlineExceeded +no report for 900 s/);
  stop.abort();
  await watching;
  expect(io.exitCode).toBe(0);
  expect(io.out).toBe('');
});

test('with -w says when the run is deleted under way', async () => {
  const run = await makeRun('digits');
  const watching = multigrid('status', '-w', '--output', run.folder);
  await rm(run.path);
  const { err, exitCode } = await watching;
  expect(err).toMatch(/deleted|the job file does not exist/);
  expect(exitCode).toBe(66);
});

test.each([
  [['status'], 66, 'no cluster is configured: /nowhere/config does not exist'],
  [['status', '-w', 'digits'], 66, 'no cluster is configured'],
  [['logs', 'digits'], 66, 'no cluster is configured'],
  [['status', 'digits', '-A'], 64, 'leave out the name'],
  [['status', 'digits', '--output', 'runs/first'], 64, 'leave out --output'],
  [['status', '--output', '/nowhere/run'], 66, '/nowhere/run/job.yaml: the job file does not exist'],
  [['logs', 'digits', '--tail', 'few'], 64, 'It must be a whole number'],
])('multigrid %j ends with %d and says "%s"', async (args, code, message) => {
  const io = await multigrid(...args, '--kubeconfig', '/nowhere/config');
  expect(io.err).toContain(message);
  expect(io.exitCode).toBe(code);
});

test('says what is wrong with a kubeconfig', async () => {
  const config = join(folder, 'config');
  await writeFile(config, 'contexts: {');
  expect((await multigrid('status', '--kubeconfig', config)).err).toContain(
    `the kubeconfig ${config} cannot be used`,
  );
  await writeFile(config, 'apiVersion: v1\nkind: Config\ncontexts: []\nclusters: []\nusers: []\n');
  const { err, exitCode } = await multigrid('status', '--kubeconfig', config, '--context', 'prod');
  expect(err).toContain('it has no context "prod", only none at all');
  expect(exitCode).toBe(66);
});

test('says that an API server does not answer', async () => {
  const config = join(folder, 'away');
  // Port 1 is never listened on.
  await writeFile(
    config,
    `apiVersion: v1
kind: Config
current-context: away
contexts: [{name: away, context: {cluster: away, user: away}}]
clusters: [{name: away, cluster: {server: 'https://127.0.0.1:1'}}]
users: [{name: away, user: {token: none}}]
`,
  );
  const { err, exitCode } = await multigrid('status', '--kubeconfig', config);
  expect(err).toMatch(/^the API server at https:\/\/127\.0\.0\.1:1 does not answer: .*ECONNREFUSED/);
  expect(exitCode).toBe(69);
  const { out, exitCode: code } = await multigrid('doctor', '--kubeconfig', config);
  expect(out).toMatch(/^-- {2}Cluster +the API server at .* does not answer/m);
  expect(code).toBe(0);
  expect((await multigrid('doctor', '--kubeconfig', config, '--require', 'cluster')).exitCode).toBe(69);
});

test('the doctor is quiet about clusters where none is configured', async () => {
  const { out, exitCode } = await multigrid('doctor', '--kubeconfig', '/nowhere/config');
  expect(out).not.toMatch(/cluster/i);
  expect(exitCode).toBe(0);
});
