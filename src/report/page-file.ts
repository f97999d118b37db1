// What a page is known by. Apart from what makes pages: a run without one loads nothing else of them.

/** Its name, behind the prefix of the results. */
export const REPORT_FILE = "report.html";

/** Every page begins with it: by that a file is known as ours. */
export const REPORT_BEGINS = "<!DOCTYPE html>\n<!-- fixelstream report";

/** What a page was made with beside the results, as typed: it can be made again so. */
export interface MadeWith {
  readonly background?: string | undefined;
  readonly tracts?: string | undefined;
}

const NAME = "fixelstream-made-with";

export const madeWithElement = ({ background, tracts }: MadeWith): string =>
  background === undefined && tracts === undefined
    ? ""
    : `<meta name="${NAME}" content="${encodeURIComponent(JSON.stringify({ background, tracts }))}">`;

/** `head`: the beginning of a page. */
export function readMadeWith(head: string): MadeWith {
  const content = new RegExp(`<meta name="${NAME}" content="([^"]*)">`).exec(head)?.[1];
  if (content === undefined) return {};
  try {
    const { background, tracts } = JSON.parse(decodeURIComponent(content)) as Record<string, unknown>;
    return {
      background: typeof background === "string" ? background : undefined,
      tracts: typeof tracts === "string" ? tracts : undefined,
    };
  } catch {
    return {}; // somebody changed it
  }
}
