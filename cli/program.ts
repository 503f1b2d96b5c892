/**
 * The command line as a whole: every command with its flags, and how an error that none of them explained becomes one
 * message and an exit code. In come arguments and an io, effects go through the io alone.
 */
import { Command, CommanderError } from 'commander';
import { EXIT } from '../multigrid/contract/exit-codes.ts';
import { addCompareCommand } from './commands/compare.ts';
import { addDatasetCommand } from './commands/dataset.ts';
import { addExportCommand } from './commands/export.ts';
import { printable } from './display/printable.ts';
import { explainError } from './explain-error.ts';
import type { CommandIo } from './io.ts';
import { addLogsCommand } from './commands/logs.ts';
import { addModelsCommand } from './commands/models.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addOperatorsCommand } from './commands/operators.ts';
import { addPlanCommand } from './commands/plan.ts';
import { addQuickstartCommand } from './commands/quickstart.ts';
import { addReportCommand } from './commands/report.ts';
import { addRunCommand } from './commands/run.ts';
import { addStatusCommand } from './commands/status.ts';
import { addValidateCommand } from './commands/validate.ts';

/** In the order in which a newcomer needs them. */
const COMMANDS = [
  addQuickstartCommand,
  addValidateCommand,
  addPlanCommand,
  addRunCommand,
  addStatusCommand,
  addLogsCommand,
  addCompareCommand,
  addReportCommand,
  addExportCommand,
  addDatasetCommand,
  addModelsCommand,
  addDoctorCommand,
  addOperatorsCommand,
] as const;

/**
 * Runs one command line.
 *
 * @param args - without the program's own name
 * @param version - what `--version` answers
 */
export async function runProgram(args: readonly string[], io: CommandIo, version: string): Promise<void> {
  await runCommand(args, withPrintableText(io), version);
}

/** What commands print is in part what others said: pods, files, videos. */
function withPrintableText(io: CommandIo): CommandIo {
  const { listenForStop } = io;
  return {
    ...io,
    ...(listenForStop === undefined ? {} : { listenForStop: () => listenForStop.call(io) }),
    stdout: (text) => {
      io.stdout(printable(text));
    },
    stderr: (text) => {
      io.stderr(printable(text));
    },
    readTextFile: (path) => io.readTextFile(path),
    setExitCode: (code) => {
      io.setExitCode(code);
    },
  };
}

async function runCommand(args: readonly string[], io: CommandIo, version: string): Promise<void> {
  const program = createProgram(io, version);
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) {
      // Commander has printed its message, or the help that was asked for.
      io.setExitCode(error.exitCode === 0 ? 0 : EXIT.usage);
      return;
    }
    const isVerbose = program.opts()['verbose'] === true;
    const { text, exitCode } = explainError(error, isVerbose);
    io.stderr(`${text}\n`);
    io.setExitCode(exitCode);
  }
}

function createProgram(io: CommandIo, version: string): Command {
  const program = new Command('multigrid')
    .description('train video networks with the multigrid method')
    .option('--verbose', 'show stack traces of errors')
    .version(version)
    .exitOverride()
    .showHelpAfterError('(--help tells more)')
    .configureOutput({
      writeOut: (text) => {
        io.stdout(text);
      },
      writeErr: (text) => {
        io.stderr(text);
      },
      getOutHelpWidth: () => io.columns,
    });
  for (const addCommand of COMMANDS) {
    addCommand(program, io);
  }
  return program;
}
