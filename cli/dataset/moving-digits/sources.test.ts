import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { DIGITS } from './classes.ts';
import { GLYPH_SIZE, Handwriting } from './handwriting.ts';
import { readPanorama } from './panorama.ts';
import { PANORAMA_HEIGHT, PANORAMA_WIDTH, PHOTOS } from './photos.ts';
import { SourceError } from './source-error.ts';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('the handwriting', () => {
  let handwriting: Handwriting;
  beforeAll(async () => {
    handwriting = await Handwriting.load();
  });

  test('has about a thousand different pictures of every digit, so that splits by number share none', () => {
    const seen = new Set<string>();
    for (const digit of DIGITS) {
      const count = handwriting.counts[digit];
      expect(count).toBeGreaterThan(900);
      for (let instance = 0; instance < count; instance += 1) {
        const ink = handwriting.ink(digit, instance);
        seen.add(sha256(new Uint8Array(ink.buffer, ink.byteOffset, ink.byteLength)));
      }
    }
    expect(seen.size).toBe(DIGITS.reduce<number>((sum, digit) => sum + handwriting.counts[digit], 0));
  });

  test('has ink from 0 to 1 inside an empty border', () => {
    for (const digit of DIGITS) {
      const ink = handwriting.ink(digit, 17);
      expect(Math.max(...ink)).toBeLessThanOrEqual(1);
      expect(Math.max(...ink)).toBeGreaterThan(0.9);
      expect(Math.min(...ink)).toBe(0);
      expect(Math.max(...ink.subarray(0, GLYPH_SIZE))).toBe(0);
    }
  });
});

describe('the panoramas', () => {
  test('are eighteen different pictures with darks, lights and colours', async () => {
    const seen = new Set<string>();
    for (const { name } of PHOTOS) {
      const panorama = await readPanorama(name);
      expect(panorama).toHaveLength(PANORAMA_WIDTH * PANORAMA_HEIGHT * 3);
      const sorted = panorama.toSorted();
      const quantile = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))]!;
      expect(quantile(0.98) - quantile(0.02)).toBeGreaterThan(60);
      seen.add(sha256(panorama));
    }
    expect(seen.size).toBe(18);
  });

  test('say which package is at fault when one is missing', async () => {
    const reading = readPanorama('atlantis');
    await expect(reading).rejects.toThrow(SourceError);
    await expect(reading).rejects.toThrow(
      /@pmndrs\/assets: the panorama atlantis cannot be read\. Run `npm ci`/,
    );
  });
});
