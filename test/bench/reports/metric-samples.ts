/**
 * The text that Prometheus scrapes, as numbers to reckon with. In comes what a `/metrics` answered, out come sums of
 * samples by name and labels, and what a histogram says of the time between two looks.
 */

export interface MetricSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Labels that a sample has to have; a list: one of these. */
export type LabelFilter = Readonly<Record<string, string | readonly string[]>>;

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? ([^ ]+)$/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

export function readSamples(text: string): readonly MetricSample[] {
  return text.split('\n').flatMap((line) => {
    const [, name, labels = '', value] = LINE.exec(line) ?? [];
    return name === undefined ? [] : [{ name, labels: labelsOf(labels), value: Number(value) }];
  });
}

/** Sum of all samples of a name with these labels; 0 where there is none. */
export function sumOf(samples: readonly MetricSample[], name: string, filter: LabelFilter = {}): number {
  return samples
    .filter((sample) => sample.name === name && hasLabels(sample, filter))
    .reduce((sum, { value }) => sum + value, 0);
}

/**
 * A quantile of what a histogram counted between two looks, in its own unit, within a bucket by a straight line.
 *
 * @param share - 0 to 1
 * @returns NaN when nothing was counted
 */
export function quantileBetween(
  before: readonly MetricSample[],
  after: readonly MetricSample[],
  name: string,
  share: number,
  filter: LabelFilter = {},
): number {
  const counts = new Map<number, number>();
  const add = (samples: readonly MetricSample[], sign: 1 | -1): void => {
    for (const sample of samples) {
      if (sample.name === `${name}_bucket` && hasLabels(sample, filter)) {
        const edge = boundOf(sample.labels['le']);
        counts.set(edge, (counts.get(edge) ?? 0) + sign * sample.value);
      }
    }
  };
  add(after, 1);
  add(before, -1);
  const buckets = [...counts].sort(([one], [other]) => one - other);
  const wanted = share * (buckets.at(-1)?.[1] ?? 0);
  let [lowEdge, lowCount] = [0, 0];
  for (const [edge, count] of buckets) {
    if (count > 0 && count >= wanted) {
      const within = (wanted - lowCount) / Math.max(1, count - lowCount);
      return Number.isFinite(edge) ? lowEdge + within * (edge - lowEdge) : lowEdge;
    }
    [lowEdge, lowCount] = [edge, count];
  }
  return Number.NaN;
}

function labelsOf(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries([...text.matchAll(LABEL)].map(([, key = '', value = '']) => [key, value]));
}

function hasLabels({ labels }: MetricSample, filter: LabelFilter): boolean {
  return Object.entries(filter).every(([key, wanted]) => {
    const found = labels[key] ?? '';
    return typeof wanted === 'string' ? found === wanted : wanted.includes(found);
  });
}

function boundOf(le: string | undefined): number {
  return le === '+Inf' || le === undefined ? Number.POSITIVE_INFINITY : Number(le);
}
