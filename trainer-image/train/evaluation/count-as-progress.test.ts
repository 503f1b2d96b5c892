import { expect, test } from '@jest/globals';
import { countAsProgress } from './count-as-progress.ts';

test('every batch of an evaluation is told before it is scored, and the source is closed when nobody wants more', async () => {
  const told: string[] = [];
  async function* source(): AsyncGenerator<string> {
    try {
      for (const batch of ['first', 'second', 'third']) {
        await Promise.resolve();
        yield batch;
      }
    } finally {
      told.push('closed');
    }
  }
  const reporter = {
    moved: (): void => {
      told.push('moved');
    },
  };
  for await (const batch of countAsProgress(source(), reporter)) {
    told.push(batch);
    if (batch === 'second') {
      break;
    }
  }
  expect(told).toEqual(['moved', 'first', 'moved', 'second', 'closed']);
});
