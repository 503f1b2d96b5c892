/** The style sheet of the report pages: one column, readable on paper, on a telephone and in the dark. */
import { DARK, declarations, LIGHT } from '../charts/theme.ts';

export const STYLE_SHEET = `
:root { color-scheme: light dark; ${declarations(LIGHT)} }
@media screen and (prefers-color-scheme: dark) { :root { ${declarations(DARK)} } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); line-height: 1.5;
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 1008px; margin: 0 auto; padding: 32px 16px 64px; }
header { margin-bottom: 20px; }
h1 { font-size: 26px; line-height: 1.25; margin: 0 0 4px; letter-spacing: -0.01em; overflow-wrap: anywhere; }
h2 { font-size: 17px; line-height: 1.3; margin: 0 0 4px; }
p { margin: 0; }
.lead, .note, figcaption { color: var(--muted); }
.note, figcaption { font-size: 13px; max-width: 78ch; }
section { background: var(--surface); border: 1px solid var(--grid); border-radius: 10px; padding: 20px; margin: 16px 0; }
section > .note { margin-bottom: 14px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(148px, 1fr)); gap: 12px; margin: 16px 0; }
.tile { background: var(--surface); border: 1px solid var(--grid); border-radius: 10px; padding: 12px 16px; }
.tile dt { color: var(--muted); font-size: 13px; }
.tile dd { margin: 0; font-size: 22px; font-weight: 600; line-height: 1.3; font-variant-numeric: tabular-nums; white-space: nowrap; }
.tile dd + dd { color: var(--muted); font-size: 12.5px; font-weight: 400; white-space: normal; }
.tile.first dd:first-of-type { color: var(--accent); }
figure { margin: 0; }
figure svg { display: block; max-width: 100%; height: auto; overflow: visible; }
.key { display: flex; flex-wrap: wrap; gap: 2px 18px; margin: 0 0 12px; padding: 0; list-style: none; font-size: 13px; color: var(--muted); }
.key svg { display: inline-block; vertical-align: 3px; margin-right: 6px; }
.narrow { display: none !important; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: 13px; }
th, td { text-align: right; padding: 6px 8px; white-space: nowrap; border-bottom: 1px solid var(--grid); }
th { color: var(--muted); font-weight: 500; vertical-align: bottom; }
th:first-child, td:first-child, .text { text-align: left; }
td.path { overflow-wrap: anywhere; white-space: normal; }
tbody tr:last-child td { border-bottom: 0; }
pre { margin: 12px 0 0; padding: 14px; background: var(--page); border-radius: 8px; overflow-x: auto; font-size: 12.5px; line-height: 1.45; }
summary { cursor: pointer; font-weight: 600; }
footer { color: var(--muted); font-size: 12.5px; overflow-wrap: anywhere; }
@media (max-width: 640px) {
  .wide { display: none !important; }
  .narrow { display: block !important; }
  .narrow svg { width: 100%; }
  main { padding: 20px 10px 40px; }
  section { padding: 14px 12px; }
  .tiles { grid-template-columns: repeat(2, 1fr); gap: 8px; }
  .tile { padding: 10px 12px; }
  .tile dd { font-size: 20px; }
}
@media print { section, .tile { break-inside: avoid; } }
`;
