/** The speed of a link as people write it, `25Gbit` or `800 Mbit/s`. In: text. Out: bytes a second, or null. Pure. */

const BITS: Readonly<Record<string, number>> = { k: 1e3, m: 1e6, g: 1e9, t: 1e12 };
const FORM = /^(\d+(?:\.\d+)?) ?([kmgt])bit(?:\/s)?$/iu;

export function linkBytesPerSecond(text: string): number | null {
  const [, amount, prefix] = FORM.exec(text.trim()) ?? [];
  const bits = Number(amount) * (BITS[prefix?.toLowerCase() ?? ''] ?? NaN);
  return bits > 0 ? bits / 8 : null;
}
