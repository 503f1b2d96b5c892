/**
 * A manifest as a file: read it, check it, and say every error with its line, the way compilers do. In comes a path, out
 * comes the job or null after the errors are printed. `plan` and `validate` start here.
 */
import { messageOf } from '../../multigrid/errors/message-of.ts';
import { EXIT } from '../../multigrid/contract/exit-codes.ts';
import type { DefaultedJob } from '../../multigrid/api/defaulted-types.gen.ts';
import type { FilledSpec } from '../../multigrid/api/filled-spec.ts';
import { type ManifestError, readManifest } from '../../multigrid/api/manifest.ts';
import type { CommandIo } from '../io.ts';

/** Exit codes of sysexits.h: the manifest is wrong, or is not there. */

export interface ManifestFile {
  readonly job: DefaultedJob;
  readonly spec: FilledSpec;
}

/** Reads the manifest; when it cannot be used, prints why, sets the exit code and answers null. */
export async function readManifestFile(path: string, io: CommandIo): Promise<ManifestFile | null> {
  let text: string;
  try {
    text = await io.readTextFile(path);
  } catch (error) {
    io.stderr(`${path}: cannot be read: ${messageOf(error)}\n`);
    io.setExitCode(EXIT.noInput);
    return null;
  }
  const reading = readManifest(text);
  if (!reading.ok) {
    io.stderr(describeErrors(path, reading.errors));
    io.setExitCode(EXIT.usage);
    return null;
  }
  return { job: reading.job, spec: reading.spec };
}

function describeErrors(path: string, errors: readonly ManifestError[]): string {
  const lines = errors
    .toSorted((one, other) => one.line - other.line)
    .map((error) => `${path}:${error.line}: ${error.path}: ${error.message}\n`);
  const count = errors.length === 1 ? '1 error' : `${errors.length} errors`;
  return `${lines.join('')}${count} in ${path}; fields are explained in docs/manifest.md\n`;
}
