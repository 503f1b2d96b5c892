/**
 * `multigrid validate -f job.yaml`: is the manifest legal? Every error with line, field and nearest legal value; exit
 * code 0 when there is none, 64 otherwise, 65 when it names a network file that cannot be trained. What only the plan can see is `multigrid plan`'s business.
 */
import type { Command } from 'commander';
import { EXIT } from '../../multigrid/contract/exit-codes.ts';
import type { CommandIo } from '../io.ts';
import { readManifestFile } from '../manifest/manifest-file.ts';
import { reportOwnNetwork } from '../manifest/own-network.ts';

/** Adds `validate` to the program. */
export function addValidateCommand(program: Command, io: CommandIo): void {
  program
    .command('validate')
    .description('check a manifest: fields, values and the rules between them')
    .requiredOption('-f, --filename <file>', 'manifest of a MultigridTrainingJob')
    .action(async ({ filename }: { readonly filename: string }) => {
      const manifest = await readManifestFile(filename, io);
      if (manifest !== null && reportOwnNetwork(manifest.spec, null, filename, io)) {
        io.stdout(`${filename}: ${manifest.job.metadata.name} is valid\n`);
      } else if (manifest !== null) {
        io.setExitCode(EXIT.data);
      }
    });
}
