/** `multigrid models`, from the command line to its text. */
import { expect, test } from '@jest/globals';
import { CollectingIo } from '../../test/support/collecting-io.ts';
import { runProgram } from '../program.ts';

async function models(...args: readonly string[]): Promise<CollectingIo> {
  const io = new CollectingIo();
  await runProgram(['models', ...args], io, '0');
  return io;
}

test('lists every network with its published size, one a line', async () => {
  const { out } = await models();
  const lines = out.trimEnd().split('\n');
  expect(lines[0]).toMatch(/^NAME +FRAMES +STRIDE +PARAMETERS +GMACS AT 224 +GMACS AT 256 +TAKES FRAMES$/);
  expect(lines.length).toBeGreaterThan(30);
  expect(lines.find((line) => line.startsWith('slowfast-8x8-r50 '))).toMatch(
    / 32 +2 +34,566,488 +50\.31 +65\.71 +multiples of 4$/,
  );
  expect(lines.find((line) => line.startsWith('i3d-nln-8x8-r50 '))).toMatch(
    / 8 +8 +35,401,936 +36\.54 +48\.91 +2 or more$/,
  );
  expect(lines.find((line) => line.startsWith('slow-4x16-r50 '))).toMatch(/ 20\.87 +27\.26 +any$/);
});

test('as JSON says the same in exact numbers, for the classes and clips asked for', async () => {
  const { out } = await models('slowfast-16x8-r50', '-o', 'json', '--classes', '174', '--crop', '224');
  expect(JSON.parse(out)).toEqual({
    numClasses: 174,
    models: [
      {
        name: 'slowfast-16x8-r50',
        family: 'slowfast',
        frames: 64,
        stride: 2,
        parameters: 34_045_558,
        batchNorms: 110,
        work: [{ frames: 64, cropSize: 224, multiplyAdds: 100_615_724_544 }],
        framesMultiple: 4,
        minFrames: 4,
        minCropSize: 32,
      },
    ],
  });
});

test('marks clips that a network cannot take', async () => {
  const table = await models('slow-8x8-r50', 'slowfast-4x16-r50', '--frames', '4', '--crop', '32');
  expect(table.out).toMatch(/slow-8x8-r50 +4 +8 +32,454,096 +0\.\d+ /);
  expect(table.out).toMatch(/slowfast-4x16-r50 +4 +2 +34,480,216 +- /);
  const json = await models('slowfast-4x16-r50', '--frames', '4', '-o', 'json');
  expect(json.out).toContain('"multiplyAdds": null');
});

test.each([
  [['resnet'], 'there is no network resnet; `multigrid models` lists all'],
  [['--frames', '0'], 'It must be a whole number from 1 to 1024.'],
  [['--classes', '1'], 'It must be a whole number from 2 to 1000000.'],
  [['--crop', '224,big'], 'It must be a whole number from 1 to 1024.'],
])('refuses %j with exit code 64', async (args, message) => {
  const io = await models(...args);
  expect(io.err).toContain(message);
  expect(io.exitCode).toBe(64);
  expect(io.out).toBe('');
});
