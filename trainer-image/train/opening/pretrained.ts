/**
 * The network a fresh training starts from: with the weights of `spec.model.pretrained` in the place of random values,
 * and its population statistics with them. What became of every tensor goes to the log, to progress and to
 * pretrained.json. Not for a run that goes on from a checkpoint.
 */
import type { Network } from '../../models/network.ts';
import type { PretrainedRecord } from '../../run-folder/pretrained-file.ts';
import { writeRecord } from '../../run-folder/record-file.ts';
import { fileHash } from '../../weights/file-hash.ts';
import { loadWeights, type LoadedWeights } from '../../weights/load-weights.ts';
import { openWeights } from '../../weights/open-weights.ts';
import { reportLine } from '../../weights/weights-report.ts';
import type { ProgressReporter } from '../progress/progress-reporter.ts';
import type { PretrainedSettings } from '../settings.ts';
import type { Logger } from '../logger.ts';

export interface PretrainedPlace {
  /** Of the file that says what became of every tensor; null: another worker writes it. */
  readonly recordPath: string | null;
  readonly logger: Logger;
  readonly reporter: ProgressReporter;
}

/**
 * The network with first values from the file; the network itself when the job names none.
 *
 * @throws WeightsFileError, WeightsMismatchError when the file cannot be used.
 */
export async function startFromPretrained(
  network: Network,
  pretrained: PretrainedSettings | null,
  { recordPath, logger, reporter }: PretrainedPlace,
): Promise<Network> {
  if (pretrained === null) {
    return network;
  }
  const { path } = pretrained;
  const { values, report } = await read(network, pretrained);
  const line = reportLine(report);
  logger.info('pretrained weights loaded', { path, ...report, unused: report.unused.length });
  if (report.missing.length > 0 || report.misfits.length > 0) {
    logger.warn('layers without pretrained weights', { missing: report.missing, misfits: report.misfits });
  }
  if (recordPath !== null) {
    const record: PretrainedRecord = { path, sha256: await fileHash(path), ...report };
    await writeRecord(recordPath, record);
  }
  reporter.startedFrom(line);
  return withValues(network, values);
}

async function read(network: Network, pretrained: PretrainedSettings): Promise<LoadedWeights> {
  const source = await openWeights(pretrained.path, pretrained.format);
  try {
    return await loadWeights(network, source, pretrained);
  } finally {
    await source.close();
  }
}

function withValues(network: Network, values: LoadedWeights['values']): Network {
  return {
    ...network,
    initialValues: (seed) => new Map([...network.initialValues(seed), ...values.parameters]),
    initialStatistics: () =>
      new Map(
        [...network.initialStatistics()].map(([name, { mean, variance }]) => [
          name,
          {
            mean: (values.means.get(name) ?? mean).slice(),
            variance: (values.variances.get(name) ?? variance).slice(),
          },
        ]),
      ),
  };
}
