/**
 * `multigrid doctor`: says what this machine brings for training, what is missing for a GPU, and how the cluster stands
 * that it is set up for. A table for people, `-o json` for programs. Exit code 0 when training can run here (with
 * `--require cuda`: on a GPU, with `--require cluster`: in the cluster), else 69.
 */
import { type Command, Option } from 'commander';
import { EXIT } from '../../multigrid/contract/exit-codes.ts';
import { TRAINER_ENV } from '../../multigrid/contract/environment.ts';
import { kubeconfigOption } from '../cluster/cluster-flags.ts';
import { canTrainThere } from '../doctor/cluster-rows.ts';
import { examine, type MachineFindings } from '../doctor/examine.ts';
import { findingsTable } from '../doctor/findings-table.ts';
import { mpichOption } from './worker-options.ts';
import type { CommandIo } from '../io.ts';

/** sysexits: something that is needed is not there. */

interface DoctorFlags {
  readonly output: 'table' | 'json';
  readonly require?: 'cuda' | 'cluster';
  readonly onnxruntime?: string;
  readonly mpich?: string;
  readonly nccl?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
}

/** Adds `doctor` to the program. */
export function addDoctorCommand(program: Command, io: CommandIo): void {
  program
    .command('doctor')
    .description('check what this machine and its cluster offer for training, and what is missing')
    .addOption(
      new Option('-o, --output <form>', 'form of the output').choices(['table', 'json']).default('table'),
    )
    .addOption(
      new Option('--require <what>', 'fail unless training can use this').choices(['cuda', 'cluster']),
    )
    .addOption(
      new Option('--onnxruntime <file>', "ONNX Runtime's library, when it is not the one in its package").env(
        TRAINER_ENV.onnxRuntime,
      ),
    )
    .addOption(mpichOption())
    .addOption(
      new Option('--nccl <file>', "NCCL's library, when it is none of those that are looked for").env(
        TRAINER_ENV.nccl,
      ),
    )
    .addOption(kubeconfigOption())
    .option('--context <name>', 'context of the kubeconfig; the current one by default')
    .action(async (flags: DoctorFlags) => {
      const findings = await examine({
        libraryPath: flags.onnxruntime,
        mpich: flags.mpich,
        nccl: flags.nccl,
        readTextFile: (path) => io.readTextFile(path),
        cluster: flags,
      });
      io.stdout(flags.output === 'json' ? `${JSON.stringify(findings, null, 2)}\n` : findingsTable(findings));
      const canTrain = findings.onnxRuntime.isFound && findings.ffmpeg.isFound;
      if (!canTrain || !hasRequired(flags, findings)) {
        io.setExitCode(EXIT.unavailable);
      }
    });
}

function hasRequired({ require }: DoctorFlags, { cuda, cluster }: MachineFindings): boolean {
  if (require === 'cuda') {
    return cuda.isFound;
  }
  return require === undefined || (cluster !== null && canTrainThere(cluster));
}
