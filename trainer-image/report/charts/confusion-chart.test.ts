import { expect, test } from '@jest/globals';
import { sampleRun } from '../../../test/support/sample-run.ts';
import { confusionChart, confusionView } from './confusion-chart.ts';
import { drawSvg, WIDE } from './draw.ts';

const { confusion, classNames } = sampleRun().result;

test('shows all classes when they fit', () => {
  expect(confusionView(confusion).labels).toEqual(confusion.map((_, label) => label));
});

test('shows the classes with the most mistakes when there are too many', () => {
  const matrix = Array.from({ length: 6 }, (_, truth) =>
    Array.from({ length: 6 }, (_, guess) => (truth === guess ? 5 : truth === 3 || truth === 5 ? 1 : 0)),
  );
  expect(confusionView(matrix, 2)).toEqual({ labels: [3, 5], classes: 6 });
});

test('writes the count into every cell that is not empty', async () => {
  const svg = await drawSvg(confusionChart(confusion, confusionView(confusion), classNames ?? []), WIDE);
  const cells = confusion.flat().filter((count) => count > 0);
  const texts = [...svg.matchAll(/<text[^>]*>(\d+)<\/text>/g)].map((match) => Number(match[1]));
  expect(texts.toSorted()).toEqual(cells.toSorted());
  expect(svg).toContain('4-right');
});

test('tells classes of the same name apart and numbers those without one', async () => {
  const matrix = [
    [1, 1, 0],
    [0, 2, 0],
    [0, 0, 3],
  ];
  const svg = await drawSvg(confusionChart(matrix, confusionView(matrix), ['cat', 'cat']), WIDE);
  const labels = [...svg.matchAll(/<text[^>]*>([^<]+)<\/text>/g)].map((match) => match[1]);
  expect(labels).toEqual(expect.arrayContaining(['cat (0)', 'cat (1)', '2']));
});
