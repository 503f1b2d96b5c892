/**
 * HTML as values: the `html` tag escapes everything that is put into it, unless it already is Markup. A page is built of
 * such values only, so no name, path or message of a run can ever become a tag.
 */

/** Text that is HTML already. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Part = Markup | string | number | readonly Part[];

/** Template tag: literal parts are HTML, values are escaped, lists are joined. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  const text = strings.reduce((before, string, i) => before + render(parts[i - 1] ?? '') + string);
  return new Markup(text);
}

/** Marks text that this program made itself (a chart's SVG, the style sheet) as HTML. Never call it on data of a run. */
export function trusted(text: string): Markup {
  return new Markup(text);
}

function render(part: Part): string {
  if (part instanceof Markup) {
    return part.text;
  }
  if (typeof part === 'string' || typeof part === 'number') {
    return escapeHtml(String(part));
  }
  return part.map(render).join('');
}

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&#39;'],
]);

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES.get(character) ?? character);
}
