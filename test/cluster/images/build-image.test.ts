import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram } from '../binaries/debian-packages.ts';
import { buildImage, ImageBuildError } from './build-image.ts';

const isPossible = process.getuid?.() === 0 && findProgram('buildah') !== null;
const describeIfPossible = isPossible ? describe : describe.skip;

const NAME = 'multigrid.test/built:1';

describeIfPossible('an image built on the base of the tests', () => {
  let context: string;

  const write = (name: string, content: string): void => {
    writeFileSync(join(context, name), content);
  };
  const build = (): Promise<string> =>
    buildImage({
      dockerfile: join(context, 'Dockerfile'),
      context,
      name: NAME,
      buildArgs: { WORD: 'hello' },
    });

  beforeAll(() => {
    context = mkdtempSync(join(tmpdir(), 'multigrid-context-'));
    execFileSync('git', ['init', '--quiet'], { cwd: context });
    write('kept.txt', 'kept\n');
    write('ignored.txt', 'ignored\n');
    write('.dockerignore', '*\n!kept.txt\n');
    write(
      'Dockerfile',
      `ARG BUILD_IMAGE
ARG BASE_IMAGE
FROM \${BUILD_IMAGE} AS build
COPY . /in
RUN node -e "console.log(require('node:fs').readdirSync('/in').join())" > /listing
FROM \${BASE_IMAGE}
ARG WORD
RUN test "$WORD" = hello && ! command -v node
COPY --from=build /listing /listing
USER 65532:65532
`,
    );
  });

  afterAll(() => {
    rmSync(context, { recursive: true });
  });

  it('holds what its Dockerfile says, under its name, and is built once', async () => {
    const tarFile = await build();
    const manifest = JSON.parse(
      execFileSync('tar', ['-xOf', tarFile, 'manifest.json'], { encoding: 'utf8' }),
    ) as [{ RepoTags: string[]; Layers: string[] }];
    const [{ RepoTags, Layers }] = manifest;
    expect(RepoTags).toEqual([NAME]);
    const layer = execFileSync('tar', ['-xOf', tarFile, Layers.at(-1) ?? ''], { maxBuffer: 1 << 30 });
    expect(execFileSync('tar', ['-xO', 'listing'], { input: layer, encoding: 'utf8' })).toBe('kept.txt\n');
    expect(await build()).toBe(tarFile);
    write('ignored.txt', 'changed\n');
    expect(await build()).toBe(tarFile);
    write('kept.txt', 'changed\n');
    expect(await build()).not.toBe(tarFile);
  });

  it('tells what buildah said when a step fails', async () => {
    write('Dockerfile', `ARG BASE_IMAGE\nFROM \${BASE_IMAGE}\nRUN echo so it goes; exit 7\n`);
    const error: unknown = await build().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ImageBuildError);
    expect(String(error)).toContain('so it goes');
  });
});
