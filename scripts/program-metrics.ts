/** The metrics of the two programs, asked of the registries that they make when they start. Used by documents and checks. */
import { addJobMetrics } from '../operator/telemetry/job-metrics.ts';
import { createOperatorMetrics } from '../operator/telemetry/operator-metrics.ts';
import { createTrainerMetrics } from '../trainer-image/telemetry/trainer-metrics.ts';
import { metricsOf, type MetricRow } from './metrics-table.ts';

export function operatorMetrics(): readonly MetricRow[] {
  const build = { version: '0', revision: '0', nodeVersion: '0' };
  const { registry } = createOperatorMetrics(build, { queue: 'jobs', lease: 'multigrid-operator' });
  addJobMetrics(registry, () => []);
  return metricsOf(registry);
}

export function trainerMetrics(): readonly MetricRow[] {
  return metricsOf(createTrainerMetrics({ job_namespace: 'video', job_name: 'first' }).registry);
}
