// What verify found, for people: which files, which blocks, which subjects, what to do.
import type { DamagedBlock, VerifyReport } from "../../app/verify/verify.js";
import type { AnyReport, CheckReport } from "../../app/verify/verify-path.js";
import { formatCount } from "../../units.js";

/** Lines of one kind printed at most: a store has thousands of blocks. */
const MOST_LINES = 20;

/** Undefined: the store is whole. */
export function formatDamage(report: VerifyReport): string | undefined {
  const { path, damagedBlocks, damagedFiles, fileProblems, madeBy } = report;
  const damage = [
    ...fileProblems.map(({ file, expected, got }) => `${file}: expected ${expected}, got ${got}`),
    ...damagedBlocks.map(describeBlock),
    ...damagedFiles.map(
      ({ file, expectedCrc32, gotCrc32 }) => `${file}: expected CRC-32 ${hex(expectedCrc32)}, got ${hex(gotCrc32)}`,
    ),
  ];
  if (damage.length === 0) return undefined;
  return [
    `Cannot trust ${path}: expected it as it was written, got a store that is damaged:`,
    ...shorten(damage),
    ...describeSubjects(report),
    `Copy the store again, or convert the cohort again. It was made by: ${madeBy}`,
  ].join("\n");
}

/** Undefined: it is whole. */
export function formatCheckDamage({ path, damaged, remedy }: CheckReport): string | undefined {
  if (damaged.length === 0) return undefined;
  return [`Cannot trust ${path}: expected it as it was written, got damage:`, ...shorten(damaged), remedy].join("\n");
}

/** Of something whole: what was compared (undefined: nothing), and what could not be. */
export function formatChecked(found: AnyReport): { summary: string | undefined; notes: readonly string[] } {
  if (found.kind === "store") {
    const { nBlocks, isSigned } = found.report;
    const notes = isSigned ? [] : ["store.json: without checksum, as early versions wrote it"];
    return { summary: `all ${nBlocks} blocks are as they were written`, notes };
  }
  const { checked, unchecked, isChecked } = found.report;
  return { summary: isChecked ? `${checked}: as written` : undefined, notes: unchecked };
}

function describeSubjects({ damagedBlocks, damagedSubjects, untoldSubjects }: VerifyReport): string[] {
  if (damagedBlocks.length === 0) return [];
  const lines: string[] = [];
  if (damagedSubjects.length > 0) {
    lines.push("Subjects whose values are no longer those of their files:");
    const describe = ({ name, row, nValues }: VerifyReport["damagedSubjects"][number]) =>
      `${name} (row ${row}, counted from 0): ${formatCount(nValues, "values")}`;
    lines.push(...shorten(damagedSubjects.map(describe)));
  }
  const [untold] = untoldSubjects;
  if (untold !== undefined) {
    lines.push(
      `Whether ${formatCount(untoldSubjects.length, "subjects")} ${untoldSubjects.length === 1 ? "is" : "are"} damaged cannot be told without their files; the first is ${untold.name}: ${untold.reason}`,
    );
  } else if (damagedSubjects.length === 0) {
    lines.push(
      "Every value is that of its subject's file: the damage is in the padding of the last block, or in the bits of a NaN.",
    );
  }
  return lines;
}

function shorten(lines: readonly string[]): string[] {
  const more = lines.length > MOST_LINES ? [`and ${lines.length - MOST_LINES} more`] : [];
  return [...lines.slice(0, MOST_LINES), ...more].map((line) => `  ${line}`);
}

const hex = (crc: number): string => crc.toString(16).padStart(8, "0");

function describeBlock({ file, iBlock, firstElement, nElements, expectedCrc32, gotCrc32 }: DamagedBlock): string {
  const range = `elements ${firstElement} to ${firstElement + nElements - 1}`;
  return `${file}: block ${iBlock} (${range}, counted from 0): expected CRC-32 ${hex(expectedCrc32)}, got ${hex(gotCrc32)}`;
}
