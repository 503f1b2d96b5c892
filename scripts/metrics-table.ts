/**
 * A registry of metrics as rows for documents and checks: name, type, labels, help. In comes a registry as the programs
 * make it, out come its metrics, so that no list of them is kept by hand.
 */
import type { Registry } from 'prom-client';

export interface MetricRow {
  readonly name: string;
  readonly type: string;
  readonly labels: readonly string[];
  readonly help: string;
}

/** Process and runtime metrics that prom-client brings along. */
const BROUGHT_ALONG = /^(?:process_|nodejs_)/;

/** The metrics of a registry, in the order in which they were made. */
export function metricsOf(registry: Registry): readonly MetricRow[] {
  return registry.getMetricsAsArray().map((metric) => ({
    name: metric.name,
    // Newer versions give a word here, older ones a number.
    type: String(metric.type),
    labels: labelsOf(metric),
    help: metric.help,
  }));
}

/** Every name a scrape may show: a histogram has three. */
export function seriesNames(rows: readonly MetricRow[]): ReadonlySet<string> {
  return new Set(
    rows.flatMap(({ name, type }) =>
      type === 'histogram' || type === 'summary'
        ? [`${name}_bucket`, `${name}_sum`, `${name}_count`]
        : [name],
    ),
  );
}

/** Markdown; metrics of the process in one line at the end. */
export function metricsTable(rows: readonly MetricRow[]): string {
  const own = rows.filter(({ name }) => !BROUGHT_ALONG.test(name));
  const lines = own.map(({ name, type, labels, help }) =>
    [`\`${name}\``, type, labels.map((label) => `\`${label}\``).join(', '), help.replaceAll('|', '\\|')].join(
      ' | ',
    ),
  );
  const rest =
    own.length < rows.length ? ['', 'And `process_*` and `nodejs_*`, as prom-client gives them.'] : [];
  return ['metric | type | labels | what', '--- | --- | --- | ---', ...lines]
    .map((line) => `| ${line} |`)
    .concat(rest)
    .join('\n');
}

function labelsOf(metric: object): readonly string[] {
  if (!('labelNames' in metric) || !Array.isArray(metric.labelNames)) {
    return [];
  }
  return metric.labelNames.filter((label): label is string => typeof label === 'string' && label !== 'le');
}
