/** Makes series of one registry with one prefix. In come a registry and names, out come prom-client's own objects. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** Every maker takes the names of the series' labels last. */
export interface Series {
  readonly counter: (name: string, help: string, ...labelNames: string[]) => Counter;
  readonly gauge: (name: string, help: string, ...labelNames: string[]) => Gauge;
  readonly histogram: (
    name: string,
    help: string,
    buckets: readonly number[],
    ...labelNames: string[]
  ) => Histogram;
}

export function seriesOf(registry: Registry, prefix = ''): Series {
  const registers = [registry];
  return {
    counter: (name, help, ...labelNames) => new Counter({ name: prefix + name, help, labelNames, registers }),
    gauge: (name, help, ...labelNames) => new Gauge({ name: prefix + name, help, labelNames, registers }),
    histogram: (name, help, buckets, ...labelNames) =>
      new Histogram({ name: prefix + name, help, buckets: [...buckets], labelNames, registers }),
  };
}
