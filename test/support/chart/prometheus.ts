/**
 * A real Prometheus for a test: it scrapes the targets that the test names, evaluates the chart's alerts, and answers
 * queries. In come a folder and files, out comes something to ask. It dies with the test that started it.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { valueAt, listAt, textAt } from '../../../multigrid/json/fields.ts';

export interface PrometheusTarget {
  /** Scrape job that it belongs to. */
  readonly name: string;
  /** `host:port`. */
  readonly address: string;
}

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Prometheus {
  /** Scrapes these from now on, and no others. */
  setTargets(targets: readonly PrometheusTarget[]): Promise<void>;
  query(expr: string): Promise<readonly Sample[]>;
  /** Names of the alerts it evaluates, and what is wrong with any of them. */
  rules(): Promise<{ readonly names: readonly string[]; readonly errors: readonly string[] }>;
  stop(): Promise<void>;
}

/** Its own, as every control plane has one, so that nobody else takes a port between the look and the start. */
const ADDRESS = '127.78.0.1';

/** @param alerts - path of a file of rules */
export async function startPrometheus(folder: string, alerts: string): Promise<Prometheus> {
  await mkdir(folder, { recursive: true });
  const port = await freePort();
  const config = join(folder, 'prometheus.json');
  const targetFile = join(folder, 'targets.json');
  const scrape = {
    job_name: 'multigrid',
    honor_labels: true,
    file_sd_configs: [{ files: [targetFile], refresh_interval: '1s' }],
  };
  await writeFile(targetFile, '[]');
  await writeFile(
    config,
    JSON.stringify({
      global: { scrape_interval: '3s', scrape_timeout: '3s', evaluation_interval: '1s' },
      rule_files: [alerts],
      scrape_configs: [scrape],
    }),
  );
  const child = spawn(
    'setpriv',
    [
      ...['--pdeathsig', 'KILL', 'prometheus', `--config.file=${config}`],
      ...[
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--web.listen-address=${ADDRESS}:${port}`,
        '--log.level=warn',
      ],
    ],
    { stdio: 'ignore' },
  );
  const ask = async (path: string): Promise<unknown> => {
    const response = await fetch(`http://${ADDRESS}:${port}${path}`);
    return response.json();
  };
  return {
    setTargets: async (targets) => {
      const groups = targets.map(({ name, address }) => ({ targets: [address], labels: { part: name } }));
      await writeFile(targetFile, JSON.stringify(groups));
    },
    query: async (expr) => {
      const answer = await ask(`/api/v1/query?query=${encodeURIComponent(expr)}`).catch(() => null);
      return listAt(answer, 'data', 'result').map(sampleOf);
    },
    rules: async () => {
      const rules = listAt(await ask('/api/v1/rules'), 'data', 'groups').flatMap((group) =>
        listAt(group, 'rules'),
      );
      return {
        names: rules.map((rule) => textAt(rule, 'name') ?? ''),
        errors: rules.map((rule) => textAt(rule, 'lastError') ?? '').filter((error) => error !== ''),
      };
    },
    stop: async () => {
      const ended = once(child, 'close');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

function sampleOf(result: unknown): Sample {
  const metric = valueAt(result, 'metric');
  const labels = typeof metric === 'object' && metric !== null ? Object.entries(metric) : [];
  return {
    labels: Object.fromEntries(labels.map(([name, value]) => [name, String(value)])),
    value: Number(listAt(result, 'value')[1]),
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, ADDRESS);
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
