/**
 * Rows of panels as a Grafana dashboard: the part of Grafana's JSON that is the same for every panel. In come rows with
 * titles and queries, out comes the document that Grafana imports. Pure; filled by rows.ts, written by generate-chart.ts.
 */

/** Units by the names Grafana has for them. */
export type Unit = 'short' | 's' | 'percentunit' | 'bytes' | 'ops' | 'none' | 'dtdurations';

export interface Query {
  readonly expr: string;
  /** With `{{label}}` for values of labels. */
  readonly legend: string;
}

export interface Panel {
  readonly title: string;
  /** A sentence for the little `i`. */
  readonly description: string;
  readonly kind: 'timeseries' | 'stat';
  readonly unit: Unit;
  /** Of 24 columns. */
  readonly width: number;
  readonly queries: readonly Query[];
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

/** A choice at the head of the dashboard. */
export interface Variable {
  readonly name: string;
  readonly label: string;
  /** Query whose answers are offered. */
  readonly query: string;
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly variables: readonly Variable[];
  readonly rows: readonly Row[];
}

const DATASOURCE = { type: 'prometheus', uid: '${datasource}' };
const HEIGHTS = { timeseries: 8, stat: 4 };
const COLUMNS = 24;

export function dashboardJson({ uid, title, variables, rows }: Dashboard): string {
  const document = {
    uid,
    title,
    tags: ['multigrid'],
    schemaVersion: 39,
    version: 1,
    editable: true,
    graphTooltip: 1,
    refresh: '30s',
    time: { from: 'now-6h', to: 'now' },
    timezone: 'browser',
    annotations: { list: [] },
    links: [],
    templating: { list: [datasourceVariable(), ...variables.map(queryVariable)] },
    panels: place(rows),
  };
  return `${JSON.stringify(document, null, 1)}\n`;
}

function place(rows: readonly Row[]): readonly object[] {
  const placed: object[] = [];
  let y = 0;
  for (const row of rows) {
    placed.push({
      id: placed.length + 1,
      type: 'row',
      title: row.title,
      collapsed: false,
      gridPos: { x: 0, y, w: COLUMNS, h: 1 },
      panels: [],
    });
    y += 1;
    let x = 0;
    let height = 0;
    for (const panel of row.panels) {
      if (x + panel.width > COLUMNS) {
        y += height;
        x = 0;
        height = 0;
      }
      const h = HEIGHTS[panel.kind];
      placed.push(panelJson(panel, placed.length + 1, { x, y, w: panel.width, h }));
      x += panel.width;
      height = Math.max(height, h);
    }
    y += height;
  }
  return placed;
}

function panelJson(panel: Panel, id: number, gridPos: object): object {
  const { title, description, kind, unit, queries } = panel;
  return {
    id,
    type: kind,
    title,
    description,
    datasource: DATASOURCE,
    gridPos,
    fieldConfig: {
      defaults: { unit, ...(kind === 'timeseries' ? { custom: { lineWidth: 1, fillOpacity: 10 } } : {}) },
      overrides: [],
    },
    options:
      kind === 'stat'
        ? { reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false }, colorMode: 'value' }
        : { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi', sort: 'desc' } },
    targets: queries.map(({ expr, legend }, index) => ({
      refId: letter(index),
      datasource: DATASOURCE,
      editorMode: 'code',
      expr,
      legendFormat: legend,
      range: true,
    })),
  };
}

function letter(index: number): string {
  return 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'[index] ?? `Q${index}`;
}

function datasourceVariable(): object {
  return { name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus', refresh: 1 };
}

function queryVariable({ name, label, query }: Variable): object {
  return {
    name,
    label,
    type: 'query',
    datasource: DATASOURCE,
    query: { query, refId: name },
    definition: query,
    refresh: 2,
    sort: 1,
    includeAll: true,
    multi: true,
    allValue: '.*',
    current: { text: 'All', value: '$__all' },
  };
}
