/**
 * `multigrid status [name]`: how the jobs of a cluster, or the run in a folder, stand; with `-w` until the job is over or
 * the person has seen enough. The table and the view are status/'s, the live block is display/'s. Exit code 1 when a job
 * that is waited for fails.
 */
import type { Command } from 'commander';
import { EXIT } from '../../multigrid/contract/exit-codes.ts';
import { isConditionTrue, isFinished, type StoredJob } from '../../multigrid/object/job-object.ts';
import { kubeconfigOption } from '../cluster/cluster-flags.ts';
import { createRunDisplay } from '../display/run-display.ts';
import type { CommandIo } from '../io.ts';
import { clusterSource, folderSource, type JobSource } from '../status/job-source.ts';
import { jobTable } from '../status/job-table.ts';
import { jobView } from '../status/job-view.ts';
import { createTableDisplay } from '../status/table-display.ts';

interface StatusFlags {
  readonly watch: boolean;
  readonly namespace?: string;
  readonly allNamespaces: boolean;
  readonly output?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
}

const FAILED = 1;

const plain = { strong: same, weak: same, good: same, warning: same };

/** Adds `status` to the program. Its action throws ClusterErrors and the file errors for the caller to show. */
export function addStatusCommand(program: Command, io: CommandIo): void {
  program
    .command('status')
    .description('show the status of jobs: all of a namespace, or one with its phases and reasons')
    .argument('[name]', 'job to show; all by default')
    .option('-w, --watch', 'keep watching; with a name, until the job has ended', false)
    .option('-n, --namespace <namespace>', "namespace, when not the kubeconfig's")
    .option('-A, --all-namespaces', 'jobs of all namespaces', false)
    .option('--output <dir>', 'folder of a run on this machine, instead of a cluster')
    .addOption(kubeconfigOption())
    .option('--context <name>', 'context of the kubeconfig; the current one by default')
    .action(async (name: string | undefined, flags: StatusFlags) => {
      const contradiction = contradictionIn(name, flags);
      if (contradiction !== null) {
        io.stderr(`${contradiction}\n`);
        io.setExitCode(EXIT.usage);
        return;
      }
      const isOne = name !== undefined || flags.output !== undefined;
      const source = await sourceOf(name, flags);
      if (!flags.watch) {
        const jobs = await source.list();
        io.stdout(isOne ? viewOf(jobs, io) : tableOf(jobs, flags));
      } else {
        await (isOne ? watchOne(source, io) : watchAll(source, flags, io));
      }
    });
}

function contradictionIn(name: string | undefined, flags: StatusFlags): string | null {
  if (flags.allNamespaces && (name !== undefined || flags.namespace !== undefined)) {
    return '--all-namespaces shows all jobs: leave out the name and --namespace, or leave out --all-namespaces';
  }
  const isCluster = name !== undefined || flags.namespace !== undefined || flags.allNamespaces;
  return flags.output !== undefined && isCluster
    ? '--output shows the run of a folder: leave out the name and the namespace, or leave out --output'
    : null;
}

async function sourceOf(name: string | undefined, flags: StatusFlags): Promise<JobSource> {
  const { output, kubeconfig, context, allNamespaces, namespace } = flags;
  return output === undefined
    ? clusterSource({ cluster: { kubeconfig, context }, namespace: allNamespaces ? null : namespace, name })
    : folderSource(output);
}

function tableOf(jobs: readonly StoredJob[], { allNamespaces }: StatusFlags): string {
  return jobs.length === 0
    ? `no jobs${allNamespaces ? '' : ' in this namespace (-A looks into all)'}\n`
    : jobTable(jobs, allNamespaces, Date.now());
}

function viewOf(jobs: readonly StoredJob[], { columns }: CommandIo): string {
  return jobs.map((job) => `${jobView(job, columns, plain, false).join('\n')}\n`).join('\n');
}

/** Shows one job to its end, or until it is deleted. */
async function watchOne(source: JobSource, io: CommandIo): Promise<void> {
  // A job that is not there is an error that says so, not an empty screen.
  await source.list();
  const display = createRunDisplay(outputOf(io), Date.now, (job, columns, paint) =>
    jobView(job, columns, paint, true),
  );
  const over = new AbortController();
  let last: StoredJob | null = null;
  let isDeleted = false;
  await untilStopped(io, over, (signal) =>
    source.watch(
      {
        onJobs: ([job]) => {
          if (job === undefined) {
            isDeleted = true;
            over.abort();
            return;
          }
          last = job;
          display.show(job);
          if (isFinished(job)) {
            over.abort();
          }
        },
        onNotice: display.notice,
      },
      signal,
    ),
  ).finally(display.close);
  sayEnd(last, isDeleted, io);
}

function sayEnd(job: StoredJob | null, isDeleted: boolean, io: CommandIo): void {
  if (isDeleted) {
    io.stderr('the job was deleted\n');
    io.setExitCode(EXIT.noInput);
  } else if (job !== null && isConditionTrue(job, 'Failed')) {
    io.stdout(viewOf([job], io));
    io.setExitCode(FAILED);
  }
}

async function watchAll(source: JobSource, flags: StatusFlags, io: CommandIo): Promise<void> {
  const display = createTableDisplay(outputOf(io), (jobs) => tableOf(jobs, flags));
  await untilStopped(io, new AbortController(), (signal) =>
    source.watch({ onJobs: display.show, onNotice: display.notice }, signal),
  ).finally(display.close);
}

/** Runs until `over` aborts or the person stops it, which is the ordinary end of watching. */
async function untilStopped(
  io: CommandIo,
  over: AbortController,
  run: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stops = io.listenForStop?.();
  const signal = stops === undefined ? over.signal : AbortSignal.any([over.signal, stops.stop]);
  try {
    await run(signal);
  } finally {
    stops?.dispose();
  }
}

/** What is shown is the command's result: it goes to standard output, drawn over itself where that is a terminal. */
function outputOf(io: CommandIo): Pick<CommandIo, 'screen' | 'stderr'> {
  const stderr = (text: string): void => {
    io.stdout(text);
  };
  return io.isTty && io.screen !== undefined ? { screen: io.screen, stderr } : { stderr };
}

function same(text: string): string {
  return text;
}
