// Text into HTML: whatever is put in is escaped, unless it is HTML made here.

/** HTML that may stand as it is. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
  toString(): string {
    return this.text;
  }
}

export type Piece = string | number | Html | undefined | readonly Piece[];

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Also what a browser would obey or hide, as showControls has it. */
export function escapeHtml(text: string): string {
  return showControls(text.replace(/[&<>"']/g, (character) => ESCAPES[character]!));
}

/** Control characters and marks that turn the direction of writing become their codes. */
export function showControls(text: string): string {
  return text.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is looked for
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

const asText = (piece: Piece): string => {
  if (piece === undefined) return "";
  if (piece instanceof Html) return piece.text;
  return Array.isArray(piece) ? piece.map(asText).join("") : escapeHtml(String(piece));
};

export function html(strings: TemplateStringsArray, ...pieces: readonly Piece[]): Html {
  let text = strings[0]!;
  for (const [i, piece] of pieces.entries()) text += asText(piece) + strings[i + 1]!;
  return new Html(text);
}

/** Behind a summary; on paper it is open. */
export const folded = (summary: Piece, body: Piece): Html =>
  html`<details class="printed"><summary>${summary}</summary>${body}</details>`;

/** A table whose first column names its rows. `numeric`: columns that are set flush right. */
export function table(
  caption: string,
  head: readonly string[],
  rows: readonly (readonly Piece[])[],
  { className = "", numeric = new Set<number>() }: { className?: string; numeric?: ReadonlySet<number> } = {},
): Html {
  const isNumber = (i: number) => (numeric.has(i) ? html` class="number"` : "");
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table class="${className}"><caption>${caption}</caption>
<thead><tr>${head.map((cell, i) => html`<th scope="col"${isNumber(i)}>${cell}</th>`)}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${row.map((cell, i) => (i === 0 ? html`<th scope="row"${isNumber(i)}>${cell}</th>` : html`<td${isNumber(i)}>${cell}</td>`))}</tr>\n`)}</tbody></table></div>`;
}
