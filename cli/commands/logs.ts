/**
 * `multigrid logs NAME`: the log of a job's trainer, without looking for its pod first. `-f` follows it, `--previous` is
 * that of the run before. The reading is cluster/trainer-logs.ts's.
 */
import type { Command } from 'commander';
import { kubeconfigOption } from '../cluster/cluster-flags.ts';
import { getJob } from '../cluster/jobs.ts';
import { connect } from '../cluster/connect.ts';
import { readTrainerLog } from '../cluster/trainer-logs.ts';
import { isFinished } from '../../multigrid/object/job-object.ts';
import type { CommandIo } from '../io.ts';
import { wholeNumber } from './whole-number.ts';

interface LogsFlags {
  readonly follow: boolean;
  readonly previous: boolean;
  readonly rank: number;
  readonly tail?: number;
  readonly namespace?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
}

/** Adds `logs` to the program. Its action throws ClusterErrors for the caller to show. */
export function addLogsCommand(program: Command, io: CommandIo): void {
  program
    .command('logs')
    .description("print the log of a job's trainer")
    .argument('<name>', 'job')
    .option('-f, --follow', 'follow the log; waits for a pod that has not started', false)
    .option('-p, --previous', 'log of the previous run', false)
    .option('--rank <number>', 'worker to ask', wholeNumber, 0)
    .option('--tail <lines>', 'only this many lines from the end', wholeNumber)
    .option('-n, --namespace <namespace>', "namespace, when not the kubeconfig's")
    .addOption(kubeconfigOption())
    .option('--context <name>', 'context of the kubeconfig; the current one by default')
    .action(async (name: string, flags: LogsFlags) => {
      const cluster = await connect(flags);
      const namespace = flags.namespace ?? cluster.namespace;
      const job = await getJob(cluster, namespace, name);
      const stops = io.listenForStop?.();
      try {
        await readTrainerLog(
          cluster.client,
          {
            namespace,
            job: job.metadata.name,
            rank: flags.rank,
            previous: flags.previous,
            // What has ended writes nothing more, and what is over gets no pod any more.
            follow: flags.follow && !flags.previous && !isFinished(job),
            tail: flags.tail,
          },
          {
            write: (text) => {
              io.stdout(text);
            },
            onWait: (why) => {
              io.stderr(`${why}; waiting\n`);
            },
          },
          stops?.stop ?? new AbortController().signal,
        );
      } finally {
        stops?.dispose();
      }
    });
}
