// A subject list against a store: which rows, in which order.
import { InputError } from "../errors.js";
import { listNames, matchNames } from "../subject-names.js";

/**
 * Rows of `sourceNames` (as listed when the store was made) in the order of `names`. Leaving subjects out and reordering are what it is for. A name may be
 * written without its folder or ending, or with another folder, where that means one subject alone.
 * Throws InputError naming the names that the store does not have, has twice, or that are listed twice. `listPath` and `storePath` go into the message.
 */
export function selectRows(
  names: readonly string[],
  sourceNames: readonly string[],
  where: { listPath: string; storePath: string },
): number[] {
  // what `info --subjects` prints, though names be there twice
  if (names.length === sourceNames.length && names.every((name, row) => name === sourceNames[row]!.trimEnd()))
    return sourceNames.map((_, row) => row);
  const rows = matchNames(names, sourceNames);
  const listed = new Set<string>();
  const repeated = new Set<string>();
  for (const [i, name] of names.entries()) {
    const key = typeof rows[i] === "number" ? `row ${rows[i]}` : `name ${name}`;
    (listed.has(key) ? repeated : listed).add(listed.has(key) ? name : key);
  }
  const namesThat = (are: "none" | "several") => [...new Set(names.filter((_, i) => rows[i] === are))];
  const problems = [
    sentence("not in the store", namesThat("none")),
    sentence("listed more than once", [...repeated]),
    sentence("in the store more than once", namesThat("several")),
  ].filter((problem) => problem !== undefined);
  if (problems.length > 0) {
    throw new InputError(
      `Cannot select subjects of ${where.listPath} from ${where.storePath}: ${problems.join("; ")}. ` +
        "Write each name once, as it was listed when the store was made (info --subjects prints them).",
      { path: where.listPath },
    );
  }
  return rows as number[];
}

function sentence(what: string, names: readonly string[]): string | undefined {
  return names.length === 0 ? undefined : `${what}: ${listNames(names)}`;
}
