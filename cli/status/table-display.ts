/**
 * The table of jobs as it changes: drawn over itself on a terminal, printed anew after a change elsewhere. In come lists
 * of jobs, out goes text.
 */
import { createLogUpdate } from 'log-update';
import type { StoredJob } from '../../multigrid/object/job-object.ts';
import { printable } from '../display/printable.ts';
import type { CommandIo } from '../io.ts';

export interface TableDisplay {
  readonly show: (jobs: readonly StoredJob[]) => void;
  readonly notice: (message: string) => void;
  readonly close: () => void;
}

export function createTableDisplay(
  { screen, stderr }: Pick<CommandIo, 'screen' | 'stderr'>,
  tableOf: (jobs: readonly StoredJob[]) => string,
): TableDisplay {
  if (screen === undefined) {
    let shown = '';
    return {
      show: (jobs) => {
        const table = tableOf(jobs);
        // Ages move at every look; only what else has changed is worth a new table.
        const essence = tableOf(jobs.map(withoutAge));
        if (essence !== shown) {
          shown = essence;
          stderr(table);
        }
      },
      notice: (message) => {
        stderr(`${message}\n`);
      },
      close: () => undefined,
    };
  }
  const draw = createLogUpdate(screen, { showCursor: true });
  return {
    show: (jobs) => {
      draw(printable(tableOf(jobs)).trimEnd());
    },
    notice: (message) => {
      draw.persist(printable(message));
    },
    close: () => {
      draw.done();
    },
  };
}

function withoutAge(job: StoredJob): StoredJob {
  const { name, namespace } = job.metadata;
  return { ...job, metadata: { name, ...(namespace === undefined ? {} : { namespace }) } };
}
