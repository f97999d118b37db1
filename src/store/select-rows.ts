// A subject list against a store: which rows, in which order.
import { InputError } from "../errors.js";

/** At most this many names are written out in a message. */
const NAMED = 5;

/**
 * Rows of `sourceNames` (as listed when the store was made) in the order of `names`. Leaving subjects out and reordering are what it is for.
 * Throws InputError naming the names that the store does not have, has twice, or that are listed twice. `listPath` and `storePath` go into the message.
 */
export function selectRows(
  names: readonly string[],
  sourceNames: readonly string[],
  where: { listPath: string; storePath: string },
): number[] {
  const rowOf = new Map<string, number>();
  const ambiguous = new Set<string>();
  for (const [row, name] of sourceNames.entries()) {
    if (rowOf.has(name)) ambiguous.add(name);
    rowOf.set(name, row);
  }
  const listed = new Set<string>();
  const repeated = new Set<string>();
  for (const name of names) (listed.has(name) ? repeated : listed).add(name);

  const problems = [
    sentence(
      "not in the store",
      [...listed].filter((name) => !rowOf.has(name)),
    ),
    sentence("listed more than once", [...repeated]),
    sentence(
      "in the store more than once",
      [...listed].filter((name) => ambiguous.has(name)),
    ),
  ].filter((problem) => problem !== undefined);
  if (problems.length > 0) {
    throw new InputError(
      `Cannot select subjects of ${where.listPath} from ${where.storePath}: ${problems.join("; ")}. ` +
        "Write each name once, as it was listed when the store was made (info --subjects prints them).",
      { path: where.listPath },
    );
  }
  return names.map((name) => rowOf.get(name)!);
}

function sentence(what: string, names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined;
  const rest = names.length > NAMED ? ` and ${names.length - NAMED} more` : "";
  return `${what}: ${names.slice(0, NAMED).join(", ")}${rest}`;
}
