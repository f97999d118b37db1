// Ratios of earlier runs of the bench, one JSON object a line: absolute figures belong to one machine and one hour, ratios of one run are worth keeping.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

/** How much worse a ratio may be before it is called slower: quiet machines drift by 10 % between rounds. */
export const DRIFT = 0.15;

/** "more" or "less" of it is better: what the figure says itself, or the side of its target. */
export function betterOf({ name, better, atMost, atLeast }) {
  if (better !== undefined) return better;
  if (atMost !== undefined) return "less";
  if (atLeast !== undefined) return "more";
  throw new Error(`the ratio "${name}" neither has a target nor says whether more or less of it is better`);
}

/** One entry a ratio. A ratio that could not be measured has none. */
export function entriesOf(results, { processor, date }, mode, commit) {
  return results.flatMap(({ group, name, figures }) =>
    figures
      .filter(({ unit, value, better }) => unit === "ratio" && Number.isFinite(value) && better !== "neither")
      .map((figure) => ({
        ...{ date, commit, processor, mode, group, case: name, figure: figure.name },
        ...{ value: Number(figure.value.toPrecision(4)), better: betterOf(figure) },
      })),
  );
}

/** Of a file that is not there: none. */
export function readHistory(path) {
  if (!existsSync(path)) return [];
  return readFileSync(path, "utf8").split("\n").filter(Boolean).map(JSON.parse);
}

export const asLines = (entries) => entries.map((entry) => `${JSON.stringify(entry)}\n`).join("");

const isSameFigure = (a, b) => a.group === b.group && a.case === b.case && a.figure === b.figure && a.mode === b.mode;

/**
 * Each ratio of this run beside the last one of the history: of the same kind of processor where there is one, else of any.
 * `change`: how many times better (above 1) or worse; `slower`: by more than the drift.
 */
export function compare(entries, history) {
  return entries.map((entry) => {
    const earlier = history.filter((candidate) => isSameFigure(candidate, entry));
    const before = earlier.findLast(({ processor }) => processor === entry.processor) ?? earlier.at(-1);
    if (before === undefined) return { entry, before, change: undefined, slower: false };
    const change = entry.better === "more" ? entry.value / before.value : before.value / entry.value;
    return { entry, before, change, slower: change < 1 / (1 + DRIFT) };
  });
}

export function printComparison(compared) {
  console.log("\nBeside the history (ratios; above 1 is better than then)");
  for (const { entry, before, change, slower } of compared) {
    const what = `${entry.group}: ${entry.case}: ${entry.figure}`;
    if (before === undefined) {
      console.log(`  ${what}: ${entry.value} x, not in the history`);
      continue;
    }
    const elsewhere = before.processor === entry.processor ? "" : `, on ${before.processor}`;
    const then = `${before.value} x on ${before.date} (${before.commit}${elsewhere})`;
    console.log(`  ${what}: ${entry.value} x, ${then}: ${change.toFixed(2)}${slower ? "  SLOWER" : ""}`);
  }
  const nSlower = compared.filter(({ slower }) => slower).length;
  const nNew = compared.filter(({ before }) => before === undefined).length;
  console.log(
    `  ${compared.length - nNew} compared, ${nSlower} slower by more than ${DRIFT * 100} %, ${nNew} not in the history`,
  );
}

/** Short hash of what is built, with a mark where the files are not those of the commit. */
export function commitOf(directory) {
  const git = (...args) => execFileSync("git", ["-C", directory, ...args], { encoding: "utf8" }).trim();
  try {
    const isClean = git("status", "--porcelain", "--untracked-files=no") === "";
    return `${git("rev-parse", "--short", "HEAD")}${isClean ? "" : "+"}`;
  } catch {
    return "unknown";
  }
}
