/**
 * The trainer's process against a real API server, without a pod around it: how it starts, what it says before it can
 * train, and with which exit code it ends.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test as alone } from '@jest/globals';
import { HEALTH_PATH } from '../../multigrid/contract/trainer-pod.ts';
import { startControlPlane, whyNoControlPlane, type ControlPlane } from '../cluster/cluster.ts';
import { waitUntil } from '../cluster/control-plane/wait-until.ts';
import { installCrd } from '../support/cluster/install-crd.ts';
import { TrainerAccount } from '../support/cluster/trainer-account.ts';
import { makeManifestSpec } from '../support/run/jobs.ts';

/** Each test has a namespace of its own, so that what they wait for takes its time at once. */
const test = alone.concurrent;
const describeIfPossible = whyNoControlPlane() === null ? describe : describe.skip;
const MAIN = join(import.meta.dirname, '..', '..', 'trainer-image', 'main.ts');

interface Trainer {
  readonly child: ChildProcess;
  /** Everything it has said so far. */
  readonly said: () => string;
  readonly exitCode: () => Promise<number | null>;
}

describeIfPossible("the trainer's process on a real API server", () => {
  let cluster: ControlPlane;
  let folder: string;

  beforeAll(async () => {
    cluster = await startControlPlane();
    await installCrd(cluster);
    folder = await mkdtemp(join(tmpdir(), 'multigrid-trainer-'));
    await mkdir(join(folder, 'data'));
    const lines = Array.from({ length: 3 }, (_, index) => `video-${index}.mp4 ${index}\n`);
    for (const list of ['train.csv', 'val.csv']) {
      await writeFile(join(folder, 'data', list), lines.join(''));
    }
  });

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
    await cluster.down();
  });

  async function makeAccount(): Promise<TrainerAccount> {
    const namespace = `trainer-${randomUUID().slice(0, 8)}`;
    await cluster.kubectl(['create', 'namespace', namespace]);
    const account = new TrainerAccount(cluster, namespace);
    await account.makeJob();
    await account.giveRights();
    await writeFile(kubeconfigOf(account), (await account.config()).exportConfig());
    await mkdir(join(folder, namespace));
    return account;
  }

  /** Another job of the same name. */
  async function makeAgain(account: TrainerAccount, spec: object = {}): Promise<void> {
    await account.makeJob(makeManifestSpec(spec));
    await account.giveRights();
    await writeFile(kubeconfigOf(account), (await account.config()).exportConfig());
  }

  const kubeconfigOf = ({ namespace }: TrainerAccount): string => join(folder, `${namespace}.kubeconfig`);

  async function withTrainer(
    account: TrainerAccount,
    change: Readonly<Record<string, string>>,
    work: (trainer: Trainer) => Promise<void>,
  ): Promise<void> {
    const child = spawn(process.execPath, [MAIN], {
      env: {
        ...process.env,
        KUBECONFIG: kubeconfigOf(account),
        MULTIGRID_JOB_NAMESPACE: account.namespace,
        MULTIGRID_JOB_NAME: account.name,
        MULTIGRID_POD_NAME: 'linked-0-abcde',
        MULTIGRID_RANK: '0',
        MULTIGRID_DATA_ROOT: join(folder, 'data'),
        MULTIGRID_OUTPUT: join(folder, account.namespace),
        MULTIGRID_METRICS_PORT: '0',
        ...change,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended = once(child, 'exit');
    let text = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
    }
    const exitCode = async (): Promise<number | null> => {
      await ended;
      return child.exitCode;
    };
    try {
      await work({ child, said: () => text, exitCode });
    } finally {
      child.kill('SIGKILL');
      await ended;
    }
  }

  /** Waits for something of a trainer; in vain when that has ended. */
  async function until(
    what: string,
    { child, said }: Trainer,
    isSo: () => boolean | Promise<boolean>,
  ): Promise<void> {
    await waitUntil(
      async () => {
        if (await isSo()) {
          return true;
        }
        if (child.exitCode !== null) {
          throw new Error(`the trainer has ended with ${child.exitCode}; it said\n${said()}`);
        }
        return null;
      },
      { what, timeoutMs: 180_000, seen: said },
    );
  }

  const hasReported = async (account: TrainerAccount): Promise<boolean> =>
    (await account.job()).status?.progress !== undefined;

  test('counts its videos, waits for the plan, and leaves but its name when it is asked to end', async () => {
    const account = await makeAccount();
    await withTrainer(account, {}, async (trainer) => {
      const { child, said, exitCode } = trainer;
      await until('a first report', trainer, () => hasReported(account));
      expect((await account.job()).status?.progress).toMatchObject({ state: 'Preparing', trainingClips: 3 });
      await until('the port of its metrics', trainer, () => /"port":\d+\D/u.test(said()));
      const port = /"port":(\d+)/u.exec(said())?.[1] ?? '';
      const scrape = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      expect(scrape).toContain(`job_namespace="${account.namespace}",job_name="linked"`);
      expect((await fetch(`http://127.0.0.1:${port}${HEALTH_PATH}`)).status).toBe(200);
      child.kill('SIGTERM');
      expect(await exitCode()).toBe(143);
      // Whose the folder is, and nothing else.
      expect(await readdir(join(folder, account.namespace))).toEqual(['job.yaml']);
    });
  });

  test('says in progress that a list cannot be read, before there is any plan', async () => {
    const account = await makeAccount();
    await withTrainer(account, { MULTIGRID_DATA_ROOT: join(folder, 'nowhere') }, async ({ exitCode }) => {
      expect(await exitCode()).toBe(65);
      expect((await account.job()).status?.progress).toMatchObject({
        state: 'Failed',
        failure: { reason: 'DataUnreadable', retryable: false },
      });
    });
  });

  test('refuses to be one of many where nobody has mounted the token of the workers', async () => {
    const account = await makeAccount();
    await withTrainer(account, { MULTIGRID_WORLD_SIZE: '2' }, async ({ exitCode, said }) => {
      expect(await exitCode()).toBe(64);
      expect(said()).toContain('the token by which workers know each other cannot be read');
    });
  });

  test('ends when its job is deleted', async () => {
    const account = await makeAccount();
    await withTrainer(account, {}, async (trainer) => {
      const { exitCode, said } = trainer;
      await until('a first report', trainer, () => hasReported(account));
      await account.deleteJob();
      expect(await exitCode()).toBe(143);
      expect(said()).toContain('saving and ending');
    });
  });

  test('waits for a folder that another pod may still write into, until the operator says that it has ended', async () => {
    const account = await makeAccount();
    const output = join(folder, account.namespace);
    const dead = { pid: 1, host: 'linked-0-dead', started: '', token: 'dead', pod: 'uid-of-the-dead' };
    await writeFile(join(output, 'trainer.lock'), JSON.stringify(dead));
    await withTrainer(account, { MULTIGRID_POD_UID: 'uid-of-the-next' }, async (trainer) => {
      await until('whom it waits for', trainer, () => trainer.said().includes('process 1 on linked-0-dead'));
      expect((await account.job()).status?.progress).toBeUndefined();
      await account.operatorSays({ endedPods: [{ name: dead.host, uid: dead.pod }] });
      await until('a first report', trainer, () => hasReported(account));
      const lock: unknown = JSON.parse(await readFile(join(output, 'trainer.lock'), 'utf8'));
      expect(lock).toMatchObject({ host: 'linked-0-abcde', pod: 'uid-of-the-next' });
      expect((await readdir(output)).sort()).toEqual(['job.yaml', 'trainer.lock']);
    });
  });

  test('that waits for a folder ends when its job is deleted', async () => {
    const account = await makeAccount();
    const other = { pid: 1, host: 'linked-0-other', started: '', token: 'other', pod: 'uid' };
    await writeFile(join(folder, account.namespace, 'trainer.lock'), JSON.stringify(other));
    await withTrainer(account, {}, async (trainer) => {
      await until('whom it waits for', trainer, () => trainer.said().includes('process 1 on linked-0-other'));
      await account.deleteJob();
      expect(await trainer.exitCode()).toBe(143);
    });
  });

  test("says at once whose folder it waits for where two jobs of one name share one, and never takes the other's run", async () => {
    const [first, second] = [await makeAccount(), await makeAccount()];
    const shared = join(folder, first.namespace);
    await withTrainer(first, { MULTIGRID_POD_NAME: 'linked-0-first' }, async (earlier) => {
      await until('the first job to be at work', earlier, () => hasReported(first));
      await withTrainer(second, { MULTIGRID_OUTPUT: shared }, async (later) => {
        await until('the second one to say what it waits for', later, () => hasReported(second));
        const { uid } = (await first.job()).metadata;
        const holder = `on linked-0-first of job ${first.namespace}/linked (uid ${uid})`;
        expect((await second.job()).status?.progress).toMatchObject({
          state: 'Preparing',
          failure: null,
          trouble: { reason: 'OutputInUse', message: expect.stringContaining(holder) },
        });
        // The first one saves and leaves: what lies there is its run, and not the second one's to go on with.
        earlier.child.kill('SIGTERM');
        expect(await later.exitCode()).toBe(64);
        const { failure } = (await second.job()).status?.progress ?? {};
        expect(failure).toMatchObject({ reason: 'OutputOfAnotherJob', retryable: false });
        expect(failure?.message).toContain(`job ${first.namespace}/linked (uid ${uid})`);
        expect(failure?.message).toContain(`this job is ${second.namespace}/linked`);
        expect(await readFile(join(shared, 'job.yaml'), 'utf8')).toContain(String(uid));
      });
    });
  });

  test('of a job that was created again goes on in the folder of its namesake when the manifest says so', async () => {
    const account = await makeAccount();
    const kept = join(folder, account.namespace, 'job.yaml');
    await withTrainer(account, {}, async (trainer) => {
      await until('a first report', trainer, () => hasReported(account));
      await account.deleteJob();
      expect(await trainer.exitCode()).toBe(143);
    });
    const before = await readFile(kept, 'utf8');
    await makeAgain(account);
    await withTrainer(account, {}, async (trainer) => {
      expect(await trainer.exitCode()).toBe(64);
      expect((await account.job()).status?.progress?.failure).toMatchObject({ reason: 'OutputOfAnotherJob' });
      expect(await readFile(kept, 'utf8')).toBe(before);
    });
    await account.deleteJob();
    await makeAgain(account, { checkpoint: { adopt: 'SameName' } });
    const { uid } = (await account.job()).metadata;
    await withTrainer(account, {}, async (trainer) => {
      await until('a first report', trainer, () => hasReported(account));
      expect((await account.job()).status?.progress).toMatchObject({ state: 'Preparing', failure: null });
      expect(await readFile(kept, 'utf8')).toContain(`uid: ${uid}`);
    });
  });

  alone('waits for an API server that is away when it starts, and can be ended meanwhile', async () => {
    const account = await makeAccount();
    await cluster.stopApiServer();
    try {
      await withTrainer(account, {}, async (trainer) => {
        const { child, said, exitCode } = trainer;
        await until('the news that nobody answers', trainer, () => said().includes('cannot be reached'));
        // Many tries, one line.
        await sleep(3000);
        expect(said().match(/cannot be reached/gu)?.length).toBeLessThan(6);
        child.kill('SIGTERM');
        expect(await exitCode()).toBe(143);
      });
    } finally {
      await cluster.startApiServer();
    }
  });
});
