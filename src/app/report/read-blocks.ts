// Who is exchanged with whom, and who shares a variance: as the run recorded it, with the subjects' names out of the file where that is as it was.
import { createHash } from "node:crypto";
import { isFixelstreamError } from "../../errors.js";
import { parseIntegers, vectorOf } from "../../formats/text/integers.js";
import { readTextFile } from "../../formats/text/read-text.js";
import type { BlockData } from "../../report/report-data.js";
import type { RunRecord } from "../../results/run-record.js";
import { type Block, rowsOf, treeOf } from "../../stats/shuffle/block-tree.js";
import { blocksFromLabels } from "../../stats/shuffle/exchangeability-blocks.js";
import { parseBlockTree } from "../../stats/shuffle/parse-block-tree.js";

const OPTIONS = {
  exchangeWithin: "-exchange_within",
  exchangeWhole: "-exchange_whole",
  exchangeabilityBlocks: "-eb",
} as const;

/** Undefined: subjects are exchanged freely. */
export async function readBlocks(record: RunRecord): Promise<BlockData | undefined> {
  const inputs = record.inputs as Readonly<Record<string, { path?: string; sha256?: string } | undefined>>;
  const role = (Object.keys(OPTIONS) as (keyof typeof OPTIONS)[]).find((key) => inputs[key]?.path !== undefined);
  if (role === undefined) return undefined;
  const { path, sha256 } = inputs[role] as { path: string; sha256?: string };
  const { lines, permutations, signFlips } = (record.plan["exchangeability"] ?? {}) as Partial<BlockData>;
  const tree = await readTree(role, path, { sha256, nSubjects: Number(record.problem["nSubjects"]) });
  return {
    ...{ option: OPTIONS[role], path, lines: lines ?? [], permutations, signFlips },
    blocks: tree?.units.flatMap((unit) =>
      typeof unit === "number" ? [] : [{ name: unit.name, subjects: rowsOf(unit) }],
    ),
  };
}

async function readTree(
  role: keyof typeof OPTIONS,
  path: string,
  { sha256, nSubjects }: { sha256: string | undefined; nSubjects: number },
): Promise<Block | undefined> {
  try {
    const hash = createHash("sha256");
    const text = await readTextFile(path, { onBytes: (bytes) => void hash.update(bytes) });
    if (hash.digest("hex") !== sha256) return undefined;
    const table = parseIntegers(text, path);
    if (role === "exchangeabilityBlocks") return parseBlockTree(table, { nSubjects, path }).tree;
    const kind = role === "exchangeWithin" ? "within" : "whole";
    const labels = vectorOf(table, path);
    const first = labels.reduce((least, label) => Math.min(least, label));
    return treeOf(nSubjects, { [kind]: blocksFromLabels(labels, { nSubjects, kind, path }) }, first);
  } catch (error) {
    if (isFixelstreamError(error)) return undefined; // what the run recorded says it without names
    throw error;
  }
}
