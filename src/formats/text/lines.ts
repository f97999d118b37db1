// Lines of a text, whoever wrote it: a byte order mark, any kind of line end, comments behind `#`.

export interface Line {
  /** From 1. */
  readonly number: number;
  /** Without its end and without a comment; may be empty. */
  readonly content: string;
}

/** Line ends are \n and \r\n; \r where the text has no \n at all (old spreadsheets of the Macintosh). */
export function* linesOf(text: string): Generator<Line> {
  const end = text.includes("\n") ? "\n" : "\r";
  let start = text.startsWith("\ufeff") ? 1 : 0;
  for (let number = 1; start < text.length; number++) {
    const found = text.indexOf(end, start);
    const next = found === -1 ? text.length : found;
    yield { number, content: text.slice(start, text[next - 1] === "\r" && next > start ? next - 1 : next) };
    start = next + 1;
  }
}

/** Characters looked at between two turns: some milliseconds. */
const CHARACTERS_A_STEP = 2 ** 18;

/** Whether a turn is due after a line; a line may be all there is, and millions may be short. */
export function createSteps(): (line: Line) => boolean {
  let looked = 0;
  return ({ content }) => {
    looked += content.length + 1;
    if (looked < CHARACTERS_A_STEP) return false;
    looked = 0;
    return true;
  };
}

/** As linesOf, without comments. A `#` in quotes begins none. */
export function* contentLines(text: string): Generator<Line> {
  for (const { number, content } of linesOf(text)) {
    const comment = content.indexOf("#");
    yield { number, content: comment === -1 ? content : content.slice(0, commentStart(content, comment)) };
  }
}

function commentStart(line: string, first: number): number {
  if (!line.includes('"')) return first;
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    if (line[i] === '"') quoted = !quoted;
    else if (line[i] === "#" && !quoted) return i;
  }
  return line.length;
}
