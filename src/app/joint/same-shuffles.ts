// Whether runs did the same shuffles: what decides these, and a hash of it. Only then is the largest value over runs, shuffle by shuffle, a null of its own.
import { createHash } from "node:crypto";
import { InputError } from "../../errors.js";
import type { RunPlan } from "../../run/run-plan.js";
import type { FinishedRun } from "./read-run.js";

/** SHA-256 of what decides shuffles: their number, errors, seed, blocks or list, the number of subjects, and the release's way of drawing. */
export function hashOfShuffles({ shuffles, nSubjects, formatVersion }: RunPlan): string {
  const { count, errors, exhaustive, seed, blocks, permutations } = shuffles;
  const told = [formatVersion, nSubjects, count, errors, exhaustive, seed, blocks?.kind, blocks?.sha256, permutations];
  return createHash("sha256").update(JSON.stringify(told)).digest("hex");
}

/** Throws InputError where another run cannot be joined with the first, saying what differs. */
export function assertJoinable(first: FinishedRun, other: FinishedRun): void {
  const [one, two] = [first.record.runPlan, other.record.runPlan];
  const refuse = (expected: string, got: string, remedy: string) => {
    throw new InputError(`Cannot join ${other.path} with ${first.path}: expected ${expected}, got ${got}. ${remedy}`, {
      path: other.path,
    });
  };
  if (one.kind !== two.kind)
    refuse(`results of ${ELEMENTS[one.kind]}`, ELEMENTS[two.kind], "Join runs of one command.");
  if (one.nSubjects !== two.nSubjects) {
    refuse(`${one.nSubjects} subjects`, `${two.nSubjects}`, "Join runs over the same subjects in the same order.");
  }
  if (hashOfShuffles(one) !== hashOfShuffles(two)) {
    const told = [describeShuffles(one), describeShuffles(two)] as const;
    const [expected, got] = told[0] === told[1] ? [told[0], "others (of other blocks, another list or release)"] : told;
    refuse(
      `the same shuffles, ${expected}`,
      got!,
      "Run all with the same --seed, -nshuffles, -errors and blocks, or at once: --scalar A,B.",
    );
  }
  const done = [first.record, other.record].map(({ problem }) => problem["nShuffles"]);
  if (done[0] !== done[1]) {
    refuse(
      `${done[0]} shuffles done`,
      `${done[1]}`,
      "Run all to the end of the same shuffles, without --stop-when-settled.",
    );
  }
  const enhancements = [describeEnhancement(one), describeEnhancement(two)];
  if (enhancements[0] !== enhancements[1]) {
    refuse(
      `the same enhancement, ${enhancements[0]}`,
      enhancements[1]!,
      "Statistics that are enhanced otherwise cannot be compared: run them alike.",
    );
  }
}

const ELEMENTS = { fixel: "fixels", voxel: "voxels", edge: "edges", vector: "vectors" } as const;

function describeShuffles({ shuffles: { count, errors, seed, blocks, permutations, exhaustive } }: RunPlan): string {
  const how = permutations !== null ? "listed" : exhaustive ? "all there are" : `drawn with --seed ${seed}`;
  return `${count} (-errors ${errors}, ${how}${blocks === null ? "" : `, blocks: ${blocks.kind}`})`;
}

/** Parameters; not what elements are connected to. */
function describeEnhancement({ enhancement, nonStationarity }: RunPlan): string {
  const { connectivity: _, graph: __, ...own } = enhancement as unknown as Record<string, unknown>;
  const { kind, ...parameters } = own;
  const told = Object.entries(parameters).map(([key, value]) => `${key} ${value}`);
  const corrected = nonStationarity === undefined ? "" : `, -nonstationarity of skew ${nonStationarity.skew}`;
  return `${kind}${told.length === 0 ? "" : ` (${told.join(", ")})`}${corrected}`;
}
