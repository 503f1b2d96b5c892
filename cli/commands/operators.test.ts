import { expect, test } from '@jest/globals';
import { CollectingIo } from '../../test/support/collecting-io.ts';
import { runProgram } from '../program.ts';

test('operators lists what the table of handlers holds, with what is not supported', async () => {
  const io = new CollectingIo();
  await runProgram(['operators'], io, '0');
  expect(io.out).toMatch(/^ONNX operators, opset 17 to 23/);
  expect(io.out).toMatch(/^LayerNormalization +only the first output is read$/m);
  const json = new CollectingIo();
  await runProgram(['operators', '-o', 'json'], json, '0');
  const listing: unknown = JSON.parse(json.out);
  expect(listing).toMatchObject({
    opsets: { least: 17, most: 23 },
    operators: expect.arrayContaining([{ name: 'Conv', limits: expect.any(String), differentiable: 'all' }]),
    operations: expect.arrayContaining(['convolution', 'layerNorm', 'softmaxCrossEntropy']),
  });
});
