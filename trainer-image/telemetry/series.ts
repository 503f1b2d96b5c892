/** Makes series of one registry with one prefix. In come a registry and names, out come prom-client's own objects. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

export interface Series {
  readonly counter: (name: string, help: string) => Counter;
  readonly gauge: (name: string, help: string) => Gauge;
  readonly gaugeBy: (name: string, help: string, label: string) => Gauge;
  readonly histogram: (name: string, help: string, buckets: readonly number[]) => Histogram;
}

export function seriesOf(registry: Registry, prefix: string): Series {
  const registers = [registry];
  return {
    counter: (name, help) => new Counter({ name: prefix + name, help, registers }),
    gauge: (name, help) => new Gauge({ name: prefix + name, help, registers }),
    gaugeBy: (name, help, label) => new Gauge({ name: prefix + name, help, labelNames: [label], registers }),
    histogram: (name, help, buckets) =>
      new Histogram({ name: prefix + name, help, buckets: [...buckets], registers }),
  };
}
