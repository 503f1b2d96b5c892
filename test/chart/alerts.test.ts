/** The alerts and the dashboard: promtool's own checks and unit tests, and that they name only metrics that exist. */
import { describe, expect, test } from '@jest/globals';
import { execFile, spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { seriesNames } from '../../scripts/metrics-table.ts';
import { operatorMetrics, trainerMetrics } from '../../scripts/program-metrics.ts';
import { valueAt, listAt, textAt } from '../../multigrid/json/fields.ts';

const ALERTS = 'charts/multigrid-operator/files/alerts.yaml';
const DASHBOARD = 'charts/multigrid-operator/files/dashboard.json';
const run = promisify(execFile);
const testWithPromtool = spawnSync('promtool', ['--version']).error === undefined ? test : test.skip;

const rows = [...operatorMetrics(), ...trainerMetrics()];
const names = seriesNames(rows);
/** Those of the programs, those on every series of a trainer, and those that a scrape adds. */
const labels = new Set([
  ...rows.flatMap((row) => row.labels),
  ...['job_namespace', 'job_name', 'le', 'instance'],
]);

const alerts: unknown = parse(await readFile(ALERTS, 'utf8'));
const alertRules = listAt(alerts, 'groups').flatMap((group) => listAt(group, 'rules'));
const dashboard: unknown = JSON.parse(await readFile(DASHBOARD, 'utf8'));
const panels = listAt(dashboard, 'panels').filter((panel) => textAt(panel, 'type') !== 'row');
const panelQueries = panels
  .flatMap((panel) => listAt(panel, 'targets'))
  .map((target) => textAt(target, 'expr') ?? '');

const KEYWORDS = new Set(['and', 'or', 'unless', 'on', 'by', 'offset', 'ignoring', 'group_left', 'without']);

/** What a query names: metrics, and labels in matchers and groupings. */
function namesIn(expr: string): { readonly metrics: readonly string[]; readonly labels: readonly string[] } {
  const matchers = [...expr.matchAll(/\{([^}]*)\}/g)].map(([, inner = '']) => inner);
  const groupings = [...expr.matchAll(/\b(?:by|on|without) \(([^)]*)\)/g)].map(([, inner = '']) => inner);
  const matched = matchers.flatMap((inner) =>
    [...inner.matchAll(/(\w+)(?:=~|!=|!~|=)/g)].map(([, label = '']) => label),
  );
  const grouped = groupings.flatMap((inner) => inner.split(',').map((label) => label.trim()));
  const rest = expr
    .replaceAll(/\{[^}]*\}/g, '')
    .replaceAll(/\[[^\]]*\]/g, '')
    .replaceAll(/\b(?:by|on|without) \([^)]*\)/g, '')
    .replaceAll(/\boffset \w+/g, '');
  const words = [...rest.matchAll(/[a-z_][a-z0-9_]*\b(?! *\()/gi)].map(([word]) => word);
  return { metrics: words.filter((word) => !KEYWORDS.has(word)), labels: [...matched, ...grouped] };
}

describe('the alerts', () => {
  testWithPromtool('are rules that Prometheus takes', async () => {
    expect((await run('promtool', ['check', 'rules', ALERTS])).stdout).toContain('SUCCESS');
  });

  testWithPromtool('fire when they should and only then', async () => {
    expect((await run('promtool', ['test', 'rules', 'test/chart/alerts.promtool.yaml'])).stdout).toContain(
      'SUCCESS',
    );
  });

  test('are all tried out, and all told of in the documentation', async () => {
    const trials = await readFile('test/chart/alerts.promtool.yaml', 'utf8');
    const told = await readFile('docs/monitoring.md', 'utf8');
    const alertNames = alertRules.map((rule) => textAt(rule, 'alert') ?? '');
    expect(alertNames.length).toBeGreaterThanOrEqual(8);
    expect(
      alertNames.filter(
        (name) => !trials.includes(`exp_samples:\n          - labels: ALERTS{alertname="${name}"`),
      ),
    ).toEqual([]);
    expect(alertNames.filter((name) => !told.includes(`\`${name}\``))).toEqual([]);
  });

  test('say what is wrong, how bad it is, and what to do', () => {
    for (const rule of alertRules) {
      expect(textAt(rule, 'labels', 'severity')).toMatch(/^(?:info|warning|critical)$/);
      expect(textAt(rule, 'annotations', 'summary')).toMatch(/\.$/);
      expect(textAt(rule, 'annotations', 'description')).toMatch(/\.$/);
    }
  });
});

test.each(
  Object.entries({
    alerts: alertRules.map((rule) => textAt(rule, 'expr') ?? ''),
    dashboard: panelQueries,
  }),
)('the %s name metrics and labels that the programs have', (_where, queries) => {
  const used = queries.map(namesIn);
  const metrics = new Set(used.flatMap((query) => query.metrics));
  expect(metrics.size).toBeGreaterThan(8);
  expect([...metrics].filter((name) => !names.has(name))).toEqual([]);
  const usedLabels = new Set(used.flatMap((query) => query.labels));
  expect([...usedLabels].filter((label) => !labels.has(label))).toEqual([]);
});

testWithPromtool('every query of the dashboard is one that Prometheus understands', async () => {
  const rules = panelQueries.map((expr, index) => ({
    record: `panel:${index}`,
    expr: expr.replaceAll('$__rate_interval', '5m').replaceAll(/\$(?:namespace|name)/g, '.*'),
  }));
  const file = join(temporaryFolder(), 'panels.yaml');
  await writeFile(file, JSON.stringify({ groups: [{ name: 'dashboard', rules }] }));
  const { stdout } = await run('promtool', ['check', 'rules', file]);
  expect(stdout).toContain(`${rules.length} rules found`);
});

test('the panels of the dashboard lie beside each other, not on each other', () => {
  const cells = panels.flatMap((panel) => {
    const at = valueAt(panel, 'gridPos');
    const [x, y, w, h] = ['x', 'y', 'w', 'h'].map((key) => Number(valueAt(at, key)));
    return Array.from(
      { length: w! * h! },
      (_, index) => `${x! + (index % w!)},${y! + Math.floor(index / w!)}`,
    );
  });
  expect(new Set(cells).size).toBe(cells.length);
  expect(cells.some((cell) => Number(cell.split(',')[0]) >= 24)).toBe(false);
});
