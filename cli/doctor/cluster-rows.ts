/** What the doctor found of a cluster, as rows of its table: mark, part, text. Pure; joined in by findings-table.ts. */
import type { ClusterFindings, Finding, Verdict } from './examine-cluster.ts';

const MARKS: Readonly<Record<Verdict, string>> = { ok: 'ok', missing: '--', unknown: '??' };

export function clusterRows(findings: ClusterFindings): readonly (readonly string[])[] {
  const { apiServer, crd, rights, operator, gpus } = findings;
  const parts: readonly (readonly [string, Finding | null])[] = [
    ['Cluster', apiServer],
    ['  CRD', crd],
    ['  rights', rights],
    ['  operator', operator],
    ['  GPUs', gpus],
  ];
  return parts.flatMap(([name, finding]) =>
    finding === null ? [] : [[MARKS[finding.verdict], name, finding.text]],
  );
}

/** Whether jobs can be trained in the cluster. GPUs are welcome and not needed. */
export function canTrainThere(findings: ClusterFindings): boolean {
  const { apiServer, crd, rights, operator } = findings;
  return [apiServer, crd, rights, operator].every(
    (finding) => finding !== null && finding.verdict !== 'missing',
  );
}
