/** Numbers as people read them: shares as per cent, seconds as minutes and hours. Report pages and terminal tables call it. */

/** `0.9844` as `98.4 %`; `digits` after the point. */
export function percent(share: number, digits = 1): string {
  return `${(share * 100).toFixed(digits)} %`;
}

/** `82.4` as `1 min 22 s`; under a minute with one decimal. */
export function duration(seconds: number): string {
  if (seconds < 59.95) {
    return `${seconds.toFixed(1)} s`;
  }
  const whole = Math.round(seconds);
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  return hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min ${whole % 60} s`;
}

/** Thousands set apart; at least three significant digits below 100. */
export function quantity(value: number): string {
  const digits = Math.abs(value) >= 100 || Number.isInteger(value) ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** Learning rates and other numbers over many decades: `0.0005`, `5e-7`. */
export function compact(value: number): string {
  return String(Number(value.toPrecision(3)));
}
