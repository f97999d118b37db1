// Exchangeability blocks of an analysis, in any of their three forms: one tree, and the simplest form of it.
import { DesignError, UsageError } from "../../../errors.js";
import { vectorOf } from "../../../formats/text/integers.js";
import { type ShufflesIdentity, sha256OfNumbers } from "../../../run/run-plan.js";
import {
  type Block,
  type ShuffleBlocks,
  serialiseTree,
  simplestForm,
  treeOf,
} from "../../../stats/shuffle/block-tree.js";
import { blocksFromLabels } from "../../../stats/shuffle/exchangeability-blocks.js";
import { parseBlockTree } from "../../../stats/shuffle/parse-block-tree.js";
import type { InputFiles } from "../input-files.js";

export interface BlockChoice {
  readonly exchangeWithin?: string | undefined;
  readonly exchangeWhole?: string | undefined;
  readonly exchangeabilityBlocks?: string | undefined;
  readonly permutations?: string | undefined;
}

export interface ResolvedBlocks {
  /** As typed. */
  readonly path: string;
  /** Which option: `tree` is -eb. */
  readonly kind: "within" | "whole" | "tree";
  readonly tree: Block;
  /** Shuffles are drawn of this; nothing in it where they are free. */
  readonly blocks: ShuffleBlocks;
  readonly identity: ShufflesIdentity["blocks"];
  /** Sentences. */
  readonly notes: readonly string[];
}

const OPTIONS = [
  ["exchangeWithin", "-exchange_within"],
  ["exchangeWhole", "-exchange_whole"],
  ["exchangeabilityBlocks", "-eb"],
] as const;

/** Throws UsageError for two kinds at once or beside -permutations, InputError and DesignError for files that make no blocks. */
export async function readBlocks(
  choice: BlockChoice,
  nSubjects: number,
  files: InputFiles,
): Promise<ResolvedBlocks | undefined> {
  const given = OPTIONS.filter(([key]) => choice[key] !== undefined);
  const [one, other] = given;
  if (one === undefined) return undefined;
  if (other !== undefined) {
    throw new UsageError(
      `Cannot use ${one[1]} together with ${other[1]}: expected one kind of blocks, got both. Leave one out.`,
    );
  }
  if (choice.permutations !== undefined) {
    throw new UsageError(
      `Cannot use ${one[1]} together with -permutations: expected either blocks to shuffle in or the permutations themselves, got both. Leave one out.`,
    );
  }
  const [role] = one;
  const path = choice[role]!;
  const table = await files.integers(role, path);
  if (role !== "exchangeabilityBlocks") {
    const kind = role === "exchangeWithin" ? "within" : "whole";
    const labels = vectorOf(table, path);
    const of = blocksFromLabels(labels, { nSubjects, kind, path });
    const blocks = kind === "within" ? { within: of } : { whole: of };
    const first = labels.reduce((least, label) => Math.min(least, label));
    const identity = { kind, sha256: sha256OfNumbers(of) } as const;
    return { path, kind, tree: treeOf(nSubjects, blocks, first), blocks, identity, notes: [] };
  }
  const { tree, problems } = parseBlockTree(table, { nSubjects, path });
  if (tree === undefined) throw new DesignError(problems);
  const { kind, ...blocks } = simplestForm(tree);
  const isColumn = table.nColumns === 1 || table.nRows === 1;
  return {
    ...{ path, kind: "tree", tree, blocks },
    identity:
      kind === "free" ? null : { kind, sha256: sha256OfNumbers(blocks.within ?? blocks.whole ?? serialiseTree(tree)) },
    notes: isColumn ? [`${path} has one column: subjects are exchanged within its blocks, as in PALM.`] : [],
  };
}

/** Throws DesignError where permutations are asked for and the blocks leave none but the unshuffled data. */
export function assertExchanges({ path, kind }: ResolvedBlocks, nPermutations: number): void {
  if (kind !== "tree" || nPermutations > 1) return;
  throw new DesignError([
    `Cannot use ${path} for -eb: expected blocks or subjects that trade places, got none: only the unshuffled data are left. Subjects that share an index in the last column keep their order: append a column that numbers them (1, 2, 3, ..) to exchange them, or use -errors ise.`,
  ]);
}
