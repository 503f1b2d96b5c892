/**
 * What one running cluster is on this machine: its processes and its secrets. Tests take the traces while it runs and ask
 * later what is left of them. The folder's path alone would not do: the next cluster may have it a moment later.
 */
import { existsSync, readFileSync } from 'node:fs';
import { tokenFile } from '../cluster/control-plane/users.ts';
import { startTime } from '../cluster/run-folder/process-identity.ts';
import { clusterProcesses } from '../cluster/run-folder/sweep.ts';

export interface ClusterTraces {
  readonly tokenFile: string;
  readonly secrets: string;
  readonly processes: readonly { readonly pid: number; readonly startTime: string | undefined }[];
}

/** The traces of the cluster that runs in the folder. */
export function takeTraces(folder: string): ClusterTraces {
  const file = tokenFile(folder);
  return {
    tokenFile: file,
    secrets: readFileSync(file, 'utf8'),
    processes: clusterProcesses(folder).map((pid) => ({ pid, startTime: startTime(pid) })),
  };
}

/** What of it is still there, in words; empty when all is gone. */
export function remaining(traces: ClusterTraces): string[] {
  const processes = traces.processes.filter(
    ({ pid, startTime: born }) => born !== undefined && startTime(pid) === born,
  );
  const hasFiles = existsSync(traces.tokenFile) && readFileSync(traces.tokenFile, 'utf8') === traces.secrets;
  return [...processes.map(({ pid }) => `process ${pid}`), ...(hasFiles ? [traces.tokenFile] : [])];
}
