/** `multigrid doctor`, from the command line to its text, on whatever machine the tests run on. */
import { expect, test } from '@jest/globals';
import { CollectingIo } from '../../test/support/collecting-io.ts';
import { runProgram } from '../program.ts';

async function doctor(...args: readonly string[]): Promise<CollectingIo> {
  const io = new CollectingIo();
  await runProgram(['doctor', ...args], io, '0');
  return io;
}

test('names what it found, one part a line', async () => {
  const { out, exitCode } = await doctor();
  expect(out).toMatch(/^ok {2}Node +v\d+\.\d+\.\d+ on /);
  expect(out).toMatch(/^ok {2}ONNX Runtime +1\.30\.\d+, .*onnxruntime/m);
  expect(out).toMatch(/^ok {2}FFmpeg +its libraries load and decode H\.264$/m);
  expect(out).toMatch(/^(ok|--) {2}CUDA +\S/m);
  expect(out).toMatch(/^(ok|--) {2}NCCL +\S/m);
  expect(out).toMatch(/^(ok|--) {4}driver +\S/m);
  expect(exitCode).toBe(0);
});

test('as JSON says the same, and fails when a GPU is required that is not there', async () => {
  const { out, exitCode } = await doctor('-o', 'json', '--require', 'cuda');
  const findings: unknown = JSON.parse(out);
  expect(findings).toMatchObject({
    onnxRuntime: { isFound: true },
    ffmpeg: { isFound: true },
    cuda: { isFound: expect.any(Boolean) },
  });
  const hasCuda = /"cuda": \{\s*"isFound": true/.test(out);
  expect(exitCode).toBe(hasCuda ? 0 : 69);
});

test('says which NCCL cannot be used, and how to get one', async () => {
  const { out, exitCode } = await doctor('--nccl', '/nowhere/libnccl.so.2');
  expect(out).toMatch(/^-- {2}NCCL +\/nowhere\/libnccl\.so\.2 cannot be loaded .*npm run install:nccl/m);
  expect(exitCode).toBe(0);
});

test('says which ONNX Runtime cannot be used, and why', async () => {
  const { out, exitCode } = await doctor('--onnxruntime', '/nowhere/libonnxruntime.so');
  expect(out).toMatch(/^-- {2}ONNX Runtime +ONNX Runtime library \/nowhere.* does not exist/m);
  expect(exitCode).toBe(69);
});
