/**
 * The pieces of a report page: the document around it, tiles, figures and tables. Data comes in, Markup goes out;
 * run-report.ts and the comparison of two runs put the pieces together. A page fetches nothing: its policy forbids it.
 */
import { drawSvg, NARROW, WIDE, type Chart, type KeyEntry } from '../charts/draw.ts';
import { html, trusted, type Markup, type Part } from './markup.ts';
import { STYLE_SHEET } from './style.ts';

/** A whole HTML document. */
export function page(title: string, body: readonly Part[]): string {
  const head = html`<meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
    <title>${title}</title>
    <style>
      ${trusted(STYLE_SHEET)}
    </style>`;
  return html`<!doctype html>
    <html lang="en">
      <head>
        ${head}
      </head>
      <body>
        <main>${body}</main>
      </body>
    </html> `.text;
}

export function section(title: string, note: string, content: Part): Markup {
  return html`<section>
    <h2>${title}</h2>
    <p class="note">${note}</p>
    ${content}
  </section>`;
}

/** What the job was, folded up. */
export function manifestSection(jobYaml: string): Markup {
  return html`<section>
    <details>
      <summary>Manifest</summary>
      <pre>${jobYaml}</pre>
    </details>
  </section>`;
}

/** One number of the head of a page, with what it is above and where it comes from below. */
export interface Tile {
  readonly name: string;
  readonly value: string;
  readonly detail: string;
}

/** The first tile is the one the eye is led to. */
export function tiles(list: readonly Tile[]): Markup {
  const items = list.map(
    (tile, i) =>
      html`<div class="tile${i === 0 ? ' first' : ''}">
        <dt>${tile.name}</dt>
        <dd>${tile.value}</dd>
        <dd>${tile.detail}</dd>
      </div>`,
  );
  return html`<dl class="tiles">${items}</dl>`;
}

/** A chart, drawn for wide and for narrow pages; the style sheet shows one of the two. */
export async function figure(chart: Chart): Promise<Markup> {
  const [wide, narrow] = await Promise.all([drawSvg(chart, WIDE), drawSvg(chart, NARROW)]);
  return html`<figure>
    ${chart.key === undefined ? [] : keyOf(chart.key)}
    <div class="wide" role="img" aria-label="${chart.label}">${trusted(wide)}</div>
    <div class="narrow" role="img" aria-label="${chart.label}">${trusted(narrow)}</div>
  </figure>`;
}

function keyOf(entries: readonly KeyEntry[]): Markup {
  const items = entries.map(
    ({ name, color }) =>
      html`<li>
        <svg width="18" height="4" aria-hidden="true"><rect width="18" height="3" fill="${color}" /></svg
        >${name}
      </li>`,
  );
  return html`<ul class="key">
    ${items}
  </ul>`;
}

/** A table that scrolls inside its own box on narrow pages. */
export function table(heads: readonly string[], rows: readonly (readonly Part[])[]): Markup {
  const head = heads.map((cell) => html`<th scope="col">${cell}</th>`);
  const body = rows.map(
    (row) =>
      html`<tr>
        ${row.map((cell) => html`<td>${cell}</td>`)}
      </tr>`,
  );
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          ${head}
        </tr>
      </thead>
      <tbody>
        ${body}
      </tbody>
    </table>
  </div>`;
}
