/**
 * Writes the tables of metrics into docs/monitoring.md, from the registries that the programs themselves make. In:
 * nothing. Out: the page; `--check` fails when the committed one is stale. Part of `npm run generate`.
 */
import { fillPage } from './fill-page.ts';
import { metricsTable } from './metrics-table.ts';
import { operatorMetrics, trainerMetrics } from './program-metrics.ts';

await fillPage('docs/monitoring.md', [
  { title: 'operator metrics', table: metricsTable(operatorMetrics()) },
  { title: 'trainer metrics', table: metricsTable(trainerMetrics()) },
]);
