// A tree of exchangeability blocks for people, and how many shuffles it allows: exactly, or by logarithms where that has thousands of digits.
import { type Block, countRows, flipUnits, shapeOf, type Unit } from "./block-tree.js";

/** Of all shuffles of a kind: exact where `exact` is there. */
export interface ShuffleCount {
  readonly exact: bigint | undefined;
  readonly log10: number;
}

/** Observations up to which numbers are exact: 5000! has 16,326 digits. */
const MOST_EXACT = 5000;

/** m! of every block that exchanges m units. */
export function countPermutations(tree: Block): ShuffleCount {
  const isExact = countRows(tree) <= MOST_EXACT;
  const factorialOf = rememberFactorials();
  const exactOf = (unit: Unit): bigint => {
    if (typeof unit === "number") return 1n;
    const own = unit.exchanges ? factorialOf(unit.units.length) : 1n;
    return unit.units.reduce<bigint>((product, inner) => product * exactOf(inner), own);
  };
  const logOf = (unit: Unit): number => {
    if (typeof unit === "number") return 0;
    const own = unit.exchanges ? logFactorial(unit.units.length) : 0;
    return unit.units.reduce<number>((sum, inner) => sum + logOf(inner), own);
  };
  return { exact: isExact ? exactOf(tree) : undefined, log10: logOf(tree) };
}

export function countFlips(tree: Block): ShuffleCount {
  const nUnits = flipUnits(tree).length;
  return { exact: nUnits <= MOST_EXACT ? 2n ** BigInt(nUnits) : undefined, log10: nUnits * Math.log10(2) };
}

function rememberFactorials(): (m: number) => bigint {
  const known = [1n];
  return (m) => {
    for (let k = known.length; k <= m; k++) known.push(known[k - 1]! * BigInt(k));
    return known[m]!;
  };
}

function logFactorial(m: number): number {
  let sum = 0;
  for (let k = 2; k <= m; k++) sum += Math.log10(k);
  return sum;
}

/** `720`, or `4.0e2567`. */
export function formatCountOf({ exact, log10 }: ShuffleCount): string {
  const digits = exact === undefined ? "" : exact.toString();
  if (exact !== undefined && digits.length <= 21) return digits;
  const exponent = exact === undefined ? Math.floor(log10) : digits.length - 1;
  const mantissa = exact === undefined ? 10 ** (log10 - exponent) : Number(digits.slice(0, 15)) / 1e14;
  return `${mantissa.toFixed(1)}e${exponent}`;
}

export interface TreeDescription {
  /** As typed; undefined: no file. */
  readonly path: string;
  /** A line a block, those alike together, indented by level. */
  readonly lines: readonly string[];
  /** Different ones: in digits, or as 4.0e2567. */
  readonly permutations: string;
  readonly signFlips: string;
  /** What is flipped as one. */
  readonly flipped: string;
}

const MOST_LINES = 40;

/** Whatever errors are assumed: what is not used is there too. */
export function describeTree(tree: Block, path: string): TreeDescription {
  const lines: string[] = [];
  addLines(lines, [tree], 0);
  const left = lines.length - MOST_LINES;
  const units = flipUnits(tree);
  const isRows = units.every(({ length }) => length === 1);
  return {
    path,
    lines: left > 0 ? [...lines.slice(0, MOST_LINES), `.. and ${left} lines more`] : lines,
    permutations: formatCountOf(countPermutations(tree)),
    signFlips: formatCountOf(countFlips(tree)),
    flipped: isRows ? `each of ${units.length} subjects` : `each of ${units.length} blocks as a whole`,
  };
}

/** Blocks that are alike, one after the other. */
function addLines(lines: string[], blocks: readonly Block[], level: number): void {
  for (let first = 0; first < blocks.length; ) {
    const one = blocks[first]!;
    const shape = shapeOf(one);
    let end = first + 1;
    while (end < blocks.length && shapeOf(blocks[end]!) === shape) end++;
    lines.push(`${"  ".repeat(level)}${lineOf(one, end - first, blocks[end - 1]!)}`);
    addLines(
      lines,
      one.units.filter((unit) => typeof unit === "object"),
      level + 1,
    );
    first = end;
  }
}

function lineOf(one: Block, count: number, last: Block): string {
  const size = countRows(one);
  const subjects = `${size} ${size === 1 ? "subject" : "subjects"}`;
  const own = one.name === "" ? "all" : `block ${one.name}`;
  const who = count === 1 ? `${own} (${subjects})` : `blocks ${one.name} to ${last.name} (${count} of ${subjects})`;
  const nBlocks = one.units.filter((unit) => typeof unit === "object").length;
  const units = one.units.length;
  const named = nBlocks === 0 ? "subjects" : nBlocks === units ? "blocks" : "blocks and subjects";
  const m = `${units} ${units === 1 ? named.slice(0, -1) : named}`;
  if (!one.exchanges) return `${who}: ${m} ${units === 1 ? "stays" : "stay"} in place`;
  return units === 1
    ? `${who}: ${m}`
    : `${who}: ${m} trade places, ${units}! = ${formatCountOf(countFactorial(units))}`;
}

function countFactorial(m: number): ShuffleCount {
  return { exact: m <= MOST_EXACT ? rememberFactorials()(m) : undefined, log10: logFactorial(m) };
}
