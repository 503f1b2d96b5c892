import { describe, expect, test } from '@jest/globals';
import { quantileBetween, readSamples, sumOf } from './metric-samples.ts';

const TEXT = `# HELP wait_seconds how long
# TYPE wait_seconds histogram
wait_seconds_bucket{verb="GET",le="1"} 10
wait_seconds_bucket{verb="GET",le="2"} 20
wait_seconds_bucket{verb="GET",le="+Inf"} 20
wait_seconds_bucket{verb="PUT",le="1"} 0
wait_seconds_bucket{verb="PUT",le="2"} 0
wait_seconds_bucket{verb="PUT",le="+Inf"} 5
requests_total{verb="GET",code="200"} 3
requests_total{verb="PUT",code="409"} 4
said{what="a \\"quoted\\" word"} 1
process_cpu_seconds_total 1.5e+00
`;

describe('samples of a scrape', () => {
  const samples = readSamples(TEXT);

  test('are summed by name and labels', () => {
    expect(sumOf(samples, 'requests_total')).toBe(7);
    expect(sumOf(samples, 'requests_total', { code: '409' })).toBe(4);
    expect(sumOf(samples, 'requests_total', { verb: ['GET', 'LIST'] })).toBe(3);
    expect(sumOf(samples, 'process_cpu_seconds_total')).toBe(1.5);
    expect(sumOf(samples, 'said', { what: String.raw`a \"quoted\" word` })).toBe(1);
    expect(sumOf(samples, 'nothing')).toBe(0);
  });

  test('give quantiles of what came between two looks, and none of nothing', () => {
    const get = { verb: 'GET' };
    expect(quantileBetween([], samples, 'wait_seconds', 0.25, get)).toBeCloseTo(0.5);
    expect(quantileBetween([], samples, 'wait_seconds', 0.75, get)).toBeCloseTo(1.5);
    expect(quantileBetween([], samples, 'wait_seconds', 0.5, { verb: 'PUT' })).toBe(2);
    expect(quantileBetween(samples, samples, 'wait_seconds', 0.5)).toBeNaN();
  });
});
