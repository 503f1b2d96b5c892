import { expect, test } from '@jest/globals';
import { tinySlowFast } from '../../../test/support/network-specs.ts';
import { createNetwork } from '../../models/create-network.ts';
import { storedParameters } from './weight-decay.ts';

const { parameters } = createNetwork({
  ...tinySlowFast,
  nonLocal: { blocks: [[], [0]], similarity: 'dot-product' },
});

test('weight decay acts on weights, and not on batch norm or biases, those of non-local blocks included', () => {
  const stored = storedParameters(parameters, false);
  const plain = stored.filter(({ decay }) => !decay).map(({ name }) => name);
  expect(plain.every((name) => /\.(gamma|beta|bias)$/.test(name))).toBe(true);
  expect(plain).toContain('slow.stage2.block0.nonLocal.theta.bias');
  expect(stored.filter(({ decay }) => decay).every(({ name }) => name.endsWith('.weight'))).toBe(true);
  expect(stored.find(({ name }) => name === 'slow.stage2.block0.nonLocal.out.weight')!.decay).toBe(true);
});

test('with weightDecayOnNormalization it acts on every parameter', () => {
  const stored = storedParameters(parameters, true);
  expect(stored.every(({ decay }) => decay)).toBe(true);
  expect(stored).toHaveLength(parameters.length);
});
