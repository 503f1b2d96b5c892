/**
 * `multigrid doctor`: says what this machine brings for training and what is missing for a GPU. A table for people,
 * `-o json` for programs. Exit code 0 when training can run here (with `--require cuda`: on a GPU), else 69.
 */
import { type Command, Option } from 'commander';
import { examine } from './doctor/examine.ts';
import { findingsTable } from './doctor/findings-table.ts';
import type { CommandIo } from './io.ts';

/** sysexits: something that is needed is not there. */
const EX_UNAVAILABLE = 69;

interface DoctorFlags {
  readonly output: 'table' | 'json';
  readonly require?: 'cuda';
  readonly onnxruntime?: string;
}

/** Adds `doctor` to the program. */
export function addDoctorCommand(program: Command, io: CommandIo): void {
  program
    .command('doctor')
    .description('say what this machine brings for training, and what is missing')
    .addOption(
      new Option('-o, --output <form>', 'form of the output').choices(['table', 'json']).default('table'),
    )
    .addOption(new Option('--require <device>', 'fail unless training can use this device').choices(['cuda']))
    .addOption(
      new Option('--onnxruntime <file>', "ONNX Runtime's library, when it is not the one in its package").env(
        'MULTIGRID_ONNXRUNTIME',
      ),
    )
    .action(async (flags: DoctorFlags) => {
      const findings = await examine({
        libraryPath: flags.onnxruntime,
        readTextFile: (path) => io.readTextFile(path),
      });
      io.stdout(flags.output === 'json' ? `${JSON.stringify(findings, null, 2)}\n` : findingsTable(findings));
      const canTrain = findings.onnxRuntime.isFound && findings.ffmpeg.isFound;
      const hasDevice = flags.require !== 'cuda' || findings.cuda.isFound;
      if (!canTrain || !hasDevice) {
        io.setExitCode(EX_UNAVAILABLE);
      }
    });
}
