import { expect, test } from '@jest/globals';
import { getFFmpegInfo } from 'node-av';
import { ffmpegPackages, licenceOf, NotDistributableError, withPackages } from './ffmpeg-licence.ts';

test.each([
  ['--enable-gpl --enable-version3', 'GPL-3.0-or-later'],
  ['--enable-gpl', 'GPL-2.0-or-later'],
  ['--enable-version3 --enable-libopus', 'LGPL-3.0-or-later'],
  ['--disable-gpl', 'LGPL-2.1-or-later'],
])('a build with %s is under %s', (configuration, licence) => {
  expect(licenceOf({ version: '8.1', configuration })).toBe(licence);
});

test('a build with parts that are not free is refused', () => {
  const build = { version: '8.1', configuration: '--enable-gpl --enable-nonfree' };
  expect(() => ffmpegPackages(build)).toThrow(NotDistributableError);
});

test('the FFmpeg that decodes here is under the GPL 3, with x264 and x265, as NOTICE and the image say', () => {
  const packages = ffmpegPackages(getFFmpegInfo());
  expect(packages[0]).toMatchObject({ name: 'ffmpeg', licenseDeclared: 'GPL-3.0-or-later' });
  expect(packages.map(({ name }) => name)).toEqual(expect.arrayContaining(['x264', 'x265']));
});

test('what is linked into a package is listed beside it and bound to it', () => {
  const carrier = { name: 'node-av', SPDXID: 'SPDXRef-Package-node-av' };
  const document = { packages: [carrier], relationships: [], spdxVersion: 'SPDX-2.3' };
  const linked = ffmpegPackages({ version: '8.1', configuration: '--enable-gpl --enable-libx264' });
  const whole = withPackages(document, 'node-av', linked);
  expect(whole.packages.map(({ name }) => name)).toEqual(['node-av', 'ffmpeg', 'x264']);
  expect(whole.relationships).toContainEqual({
    spdxElementId: carrier.SPDXID,
    relatedSpdxElement: 'SPDXRef-Linked-ffmpeg',
    relationshipType: 'STATIC_LINK',
  });
  expect(() => withPackages(document, 'other', linked)).toThrow(RangeError);
});
