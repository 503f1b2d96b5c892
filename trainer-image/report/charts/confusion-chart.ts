/**
 * The confusion matrix of the final test: rows are true classes, columns guesses, a cell's strength is its share of the
 * row. With many classes only those with the most mistakes are shown.
 */
import type { RunResult } from '../../run-folder/events.ts';
import type { Chart } from './draw.ts';

/** Most classes that can be told apart on a page. */
export const MOST_CLASSES = 40;

/** The part of a matrix that is drawn. */
export interface ConfusionView {
  /** Labels shown, ascending. */
  readonly labels: readonly number[];
  /** Classes there are. */
  readonly classes: number;
}

/** All classes, or those with the most mistakes where there are more than `most`. */
export function confusionView(confusion: RunResult['confusion'], most = MOST_CLASSES): ConfusionView {
  const mistakes = confusion.map((row, label) => ({
    label,
    count: row.reduce((sum, count, guess) => sum + (guess === label ? 0 : count), 0),
  }));
  const shown = mistakes.toSorted((a, b) => b.count - a.count || a.label - b.label).slice(0, most);
  return { labels: shown.map(({ label }) => label).toSorted((a, b) => a - b), classes: confusion.length };
}

/** Names as axis labels; two classes of one name are told apart by their numbers. */
function distinctNames(labels: readonly number[], names: readonly string[]): (label: number) => string {
  const shown = labels.map((label) => names[label] ?? String(label));
  const repeated = new Set(shown.filter((name, i) => shown.indexOf(name) !== i));
  return (label) => {
    const name = names[label] ?? String(label);
    return repeated.has(name) ? `${name} (${label})` : name;
  };
}

/** @param names Class names in label order; a label without one is shown as its number. */
export function confusionChart(
  confusion: RunResult['confusion'],
  view: ConfusionView,
  names: readonly string[],
): Chart {
  const nameOf = distinctNames(view.labels, names);
  const order = view.labels.map(nameOf);
  const cells = view.labels.flatMap((truth) => {
    const row = confusion[truth] ?? [];
    const total = row.reduce((sum, count) => sum + count, 0);
    return view.labels
      .filter((guess) => (row[guess] ?? 0) > 0)
      .map((guess) => ({
        truth: nameOf(truth),
        guess: nameOf(guess),
        count: row[guess] ?? 0,
        share: (row[guess] ?? 0) / total,
        kind: truth === guess ? 'right' : 'wrong',
        ink: (row[guess] ?? 0) / total > 0.55 ? 'strong' : 'soft',
      }));
  });
  return {
    label: `Confusion matrix of ${view.labels.length} of ${view.classes} classes: true class by guessed class`,
    draw({ plotWidth, isNarrow }) {
      const longest = Math.max(...order.map((name) => name.length));
      const side = Math.min(isNarrow ? plotWidth - longest * 5 + 30 : 620, order.length * 34 + 60);
      const cell = side / order.length;
      const fontSize = Math.max(6, Math.min(11, cell * 0.6));
      const axis = { domain: false, ticks: false, labelFontSize: fontSize, labelOverlap: false } as const;
      const y = { field: 'truth', type: 'nominal', scale: { domain: order }, title: null, axis } as const;
      const x = {
        field: 'guess',
        type: 'nominal',
        scale: { domain: order },
        title: null,
        axis: { ...axis, labelAngle: -90 },
      } as const;
      return {
        data: { values: cells },
        width: side,
        height: side,
        layer: [
          {
            mark: {
              type: 'rect',
              cornerRadius: Math.min(3, cell / 8),
              stroke: 'var(--surface)',
              strokeWidth: 1,
            },
            encoding: {
              x,
              y,
              color: {
                field: 'kind',
                type: 'nominal',
                scale: { domain: ['right', 'wrong'], range: ['var(--accent)', 'var(--warn)'] },
                legend: null,
              },
              opacity: {
                field: 'share',
                type: 'quantitative',
                scale: { type: 'sqrt', domain: [0, 1], range: [0.12, 1] },
                legend: null,
              },
            },
          },
          ...(cell < 15
            ? []
            : [
                {
                  mark: { type: 'text', fontSize },
                  encoding: {
                    x,
                    y,
                    text: { field: 'count', type: 'quantitative' },
                    color: {
                      field: 'ink',
                      type: 'nominal',
                      scale: { domain: ['strong', 'soft'], range: ['var(--surface)', 'var(--ink)'] },
                      legend: null,
                    },
                  },
                } as const,
              ]),
        ],
        resolve: { scale: { color: 'independent' } },
      };
    },
  };
}
