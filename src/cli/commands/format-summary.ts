// What a run found, in a few lines for people.
import type { InferenceSummary } from "../../app/analyse/analyse.js";
import { shellWord } from "../../shell-word.js";
import { listNames } from "../../subject-names.js";
import { formatBytes, formatCount, formatDuration } from "../../units.js";
import { formatMonteCarlo } from "./format-monte-carlo.js";
import { formatMore } from "./format-more-p.js";

/** Nodes of significant edges that are named. */
const MOST_NODES = 12;

/** Of a run, a part of one, or a preparation. */
export function formatOutcome(
  summary: InferenceSummary,
  elements: string,
  isPreparation: boolean,
  next?: string,
): string {
  const { shard, nElements, nSubjects, nShuffles, elapsedMs, output } = summary;
  const size = `${formatCount(nElements, elements)}, ${formatCount(nSubjects, "subjects")}`;
  if (isPreparation) return `fixelstream: ${size}: prepared in ${output} in ${formatDuration(elapsedMs)}\n`;
  if (shard === undefined) return formatInferenceSummary(summary, elements, next);
  const { index, of, first, end } = shard;
  const merges = output.replace(/\/?\.shards\/[^/]*$/, "");
  return [
    `fixelstream: shard ${index} of ${of}: ${describeRange(first, end)} of ${nShuffles} (${size}) in ${formatDuration(elapsedMs)}`,
    `  ${output}; when all are there: fixelstream merge ${shellWord(merges)}\n`,
  ].join("\n");
}

/** `next`: what to type now (next-step.ts). */
export function formatInferenceSummary(summary: InferenceSummary, elements = "fixels", next?: string): string {
  const lines = [
    `fixelstream: ${formatCount(summary.nElements, elements)}, ${formatCount(summary.nSubjects, "subjects")}, ${formatCount(summary.nShuffles, "shuffles")} in ${formatDuration(summary.elapsedMs)}`,
  ];
  for (const hypothesis of summary.hypotheses) {
    const { name, label, largestZ, largestAt, significant, significantNodes = [], smallestP, largestFwe } = hypothesis;
    const where = largestAt === undefined ? "" : ` (${largestAt})`;
    const between =
      significantNodes.length === 0
        ? ""
        : ` between ${formatCount(significantNodes.length, "nodes")}: ${listNames(significantNodes, MOST_NODES)}`;
    const tested =
      significant === undefined
        ? ""
        : `, ${formatCount(significant, elements)} with family-wise p < 0.05 (smallest p ${Number(smallestP!.toPrecision(3))}, largest fwe_1mpvalue ${largestFwe!.toFixed(4)})`;
    lines.push(
      `  ${name}${label === undefined ? "" : ` (${label})`}: largest Z ${largestZ.toFixed(2)}${where}${tested}${between}`,
    );
    if (hypothesis.monteCarlo !== undefined)
      lines.push(`    ${formatMonteCarlo(hypothesis.monteCarlo, summary.nShuffles)}`);
    lines.push(...formatMore(hypothesis, elements, hypothesis.monteCarlo?.statistic).map((line) => `    ${line}`));
  }
  const { uncorrectedShuffles: n, nShuffles } = summary;
  if (n !== undefined) {
    lines.push(
      n === 0
        ? "  no uncorrected p-values (--uncorrected-shuffles 0)"
        : `  uncorrected p-values of the first ${Math.min(n, nShuffles)} of ${nShuffles} shuffles: 0.05 is known to +-${standardError(Math.min(n, nShuffles))}, with all to +-${standardError(nShuffles)}`,
    );
  }
  if (summary.settled !== undefined) lines.push(`  ${formatSettled(summary.settled)}`);
  if (summary.negativeBinomial !== undefined) lines.push(`  ${formatStopping(summary.negativeBinomial, elements)}`);
  lines.push(`  memory: ${formatMemory(summary)}`);
  const isPlaced = summary.warnings.every(({ tag }) => tag !== "place-unknown");
  lines.push(
    `  results: ${summary.output}${isPlaced ? "" : ", on a grid of 1 mm at the origin: their real place is not known"}`,
  );
  if (next !== undefined) lines.push(`  next: ${next}`);
  if (summary.report !== undefined) lines.push(`  report: ${summary.report}`);
  return `${lines.join("\n")}\n`;
}

const formatSettled = ({ asked, done, confidence }: NonNullable<InferenceSummary["settled"]>): string =>
  done === asked
    ? `not settled before the last of ${asked} shuffles (--stop-when-settled)`
    : `stopped after ${done} of ${asked} shuffles: no family-wise p is near 0.05 (${100 * confidence} %)`;

const formatStopping = (
  { n, asked, done, nTests, nStopped, meanCounted }: NonNullable<InferenceSummary["negativeBinomial"]>,
  elements: string,
): string =>
  `uncorrected p-values alone (--negbin ${n}): ${nStopped} of ${nTests} tests of ${elements} stopped, at shuffle ${Number(meanCounted.toPrecision(3))} on average (tests that went on counted), the last at ${done - 1} of ${asked - 1}; no family-wise p, which need all`;

function formatMemory({ memory: { plannedBytes, peakResidentBytes, fileBytes } }: InferenceSummary): string {
  const files =
    fileBytes === undefined
      ? ""
      : `; at the end of the shuffles ${formatBytes(fileBytes)} were mapped files, which programs share`;
  return `${formatBytes(plannedBytes)} planned, ${formatBytes(peakResidentBytes)} at most with Node.js and its threads${files}`;
}

/** `end`: one past the last. Counted from 0, as in run.json. */
const describeRange = (first: number, end: number): string =>
  end === first
    ? "no shuffle"
    : end === first + 1
      ? `shuffle ${first} (counted from 0)`
      : `shuffles ${first} to ${end - 1} (counted from 0)`;

/** Of an estimated p of 0.05. */
const standardError = (nShuffles: number): string => Math.sqrt((0.05 * 0.95) / nShuffles).toPrecision(2);
