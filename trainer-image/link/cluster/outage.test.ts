import { expect, test } from '@jest/globals';
import { Outage } from './outage.ts';

function outageWithLog(): { readonly outage: Outage; readonly lines: string[]; pass: (ms: number) => void } {
  const lines: string[] = [];
  let nowMs = 0;
  const say = (message: string, fields?: Readonly<Record<string, unknown>>): void => {
    lines.push(
      `${message}: ${JSON.stringify(fields?.['error'])} after ${JSON.stringify(fields?.['seconds'])} s`,
    );
  };
  return {
    outage: new Outage({ info: say, warn: say }, () => nowMs),
    lines,
    pass: (ms) => {
      nowMs += ms;
    },
  };
}

test('a long outage is said at its begin, once a minute, and at its end', () => {
  const { outage, lines, pass } = outageWithLog();
  for (let second = 0; second < 150; second += 1) {
    outage.failed(new Error('refused'));
    pass(1000);
  }
  outage.worked();
  outage.worked();
  expect(lines).toEqual([
    'the job object cannot be reached; training continues: "refused" after 0 s',
    'the job object cannot be reached; training continues: "refused" after 60 s',
    'the job object cannot be reached; training continues: "refused" after 120 s',
    'the job object is reachable again: undefined after 150 s',
  ]);
});

test('another reason is said at once', () => {
  const { outage, lines } = outageWithLog();
  outage.failed(new Error('refused'));
  outage.failed(new Error('forbidden'));
  expect(lines).toHaveLength(2);
  expect(lines[1]).toContain('forbidden');
});

test('reads and writes that fail by turns are said once each', () => {
  const { outage, lines, pass } = outageWithLog();
  for (let second = 0; second < 50; second += 1) {
    outage.failed(new Error(second % 2 === 0 ? 'reading failed' : 'writing failed'));
    pass(1000);
  }
  expect(lines).toHaveLength(2);
});

test('failures of which every one is different are told apart only so far', () => {
  const { outage, lines } = outageWithLog();
  for (let request = 0; request < 50; request += 1) {
    outage.failed(new Error(`request ${request} failed`));
  }
  expect(lines).toHaveLength(10);
});
