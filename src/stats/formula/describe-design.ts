// What a design says of itself: what each column is, how much the others say of it, how many subjects each cell has.
import { conditionOf } from "../design/design-condition.js";
import { frameOf } from "../design/design-frame.js";
import { at, type Matrix } from "../design/matrix.js";
import type { FrameVariable, ModelFrame } from "./model-frame.js";
import { isFactor } from "./model-matrix.js";

export interface ColumnDescription {
  readonly name: string;
  /** Label of its term; undefined: the intercept. */
  readonly term: string | undefined;
  /** In words. */
  readonly about: string;
  /** Variance inflation: 1 / (1 - R2) of the column on the others; undefined: the intercept, or columns that depend on each other. */
  readonly inflation: number | undefined;
}

export interface Cell {
  /** `group = B, sex = F`. */
  readonly levels: string;
  readonly nSubjects: number;
}

export interface CellTable {
  /** Factors, joined by `:`. */
  readonly factors: string;
  readonly cells: readonly Cell[];
}

/** 1 / (1 - R2) of each column of a design on the others, centred where the constant is among them. Undefined: columns depend on each other. */
export function varianceInflation(design: Matrix): (number | undefined)[] {
  const frame = frameOf(design);
  const { nRows: n, nColumns: k, rank, toBeta, hasConstant } = frame;
  return Array.from({ length: k }, (_, j) => {
    if (rank < k) return undefined;
    let mean = 0;
    if (hasConstant) for (let i = 0; i < n; i++) mean += at(design, i, j) / n;
    let spread = 0;
    let size = 0;
    for (let i = 0; i < n; i++) {
      spread += (at(design, i, j) - mean) ** 2;
      size += at(design, i, j) ** 2;
    }
    // the constant itself
    if (spread <= 1e-24 * size) return undefined;
    let along = 0;
    for (let l = 0; l < rank; l++) along += toBeta[j * rank + l]! ** 2;
    return Math.max(1, spread * along);
  });
}

/** Of the columns, centred where the constant is among them, and scaled; Infinity: they depend on each other. */
export const conditionNumber = (design: Matrix): number => conditionOf(frameOf(design)).number;

export interface DescribedColumns {
  readonly columns: readonly string[];
  readonly assign: readonly number[];
  readonly labels: readonly string[];
}

export function describeColumns(
  { columns, assign, labels }: DescribedColumns,
  frame: ModelFrame,
  design: Matrix,
): ColumnDescription[] {
  const inflation = varianceInflation(design);
  return columns.map((name, j) => {
    const term = assign[j] === 0 ? undefined : labels[assign[j]! - 1]!;
    return { name, term, about: aboutColumn(name, assign[j]!, frame), inflation: inflation[j] };
  });
}

function aboutColumn(name: string, assign: number, { terms, variables, smoothVariables }: ModelFrame): string {
  if (assign === 0) return "1 for every subject";
  const term = terms.terms[assign - 1];
  if (term === undefined) {
    const smooth = terms.smooths[assign - 1 - terms.terms.length]!;
    return `a function of the smooth term of ${aboutVariable(smoothVariables.get(smooth.variable)!, "")}`;
  }
  if (term.variables.length > 1) {
    const parts = partsOfName(
      name,
      term.variables.map((index) => variables[index]!.text),
    );
    return parts === undefined ? `part of the interaction ${term.label}` : `product of ${parts.join(" and ")}`;
  }
  const variable = variables[term.variables[0]!]!;
  return aboutVariable(variable, name.slice(variable.text.length), term.fullLevels[0]);
}

/** `age:groupB` by the variables' texts: a level may have a colon. */
function partsOfName(name: string, texts: readonly string[]): string[] | undefined {
  const parts: string[] = [];
  let rest = name;
  for (const [i, text] of texts.entries()) {
    const next = texts[i + 1];
    const end = next === undefined ? rest.length : rest.indexOf(`:${next}`, text.length);
    if (end < 0 || !rest.startsWith(text)) return undefined;
    parts.push(rest.slice(0, end));
    rest = rest.slice(end + 1);
  }
  return parts;
}

function aboutVariable(variable: FrameVariable, ending: string, full = false): string {
  const { value, text } = variable;
  if (value.kind === "numbers" && value.logical !== true) {
    const column = value.columns[Math.max(0, Number(ending || 1) - 1)] ?? value.columns[0]!;
    const [low, high] = [Math.min(...column), Math.max(...column)];
    const mean = column.reduce((sum, v) => sum + v, 0) / column.length;
    const which = value.columns.length > 1 ? `column ${ending} of ${text}` : text;
    return `${which}, ${shortNumber(low)} to ${shortNumber(high)}, mean ${shortNumber(mean)}`;
  }
  const levels = value.kind === "factor" ? value.levels : ["FALSE", "TRUE"];
  const named = levels.find((level) => level === ending);
  if (named !== undefined) {
    // all levels, or treatment coding, whose reference is the level without a column
    const reference = full
      ? ""
      : referenceOf(value.kind === "factor" ? value.contrasts?.base : undefined, levels, named);
    return `1 where ${text} is ${named}${reference}`;
  }
  return `contrast ${ending} of the levels of ${text} (${levels.join(", ")})`;
}

function referenceOf(base: number | undefined, levels: readonly string[], named: string): string {
  const reference = levels[(base ?? 1) - 1]!;
  return reference === named ? "" : ` (reference: ${reference})`;
}

const shortNumber = (value: number) => String(Number(value.toPrecision(4)));

/** Cells of more factors than this are not counted: nobody reads the table. */
const MOST_CELLS = 400;

/** How many subjects have each combination of levels, of every set of factors that a term has. */
export function countCells({ terms, variables }: ModelFrame): CellTable[] {
  const sets = new Map<string, number[]>();
  for (const term of terms.terms) {
    const factors = term.variables.filter((index) => isFactor(variables[index]!));
    if (factors.length > 0) sets.set(factors.join(), factors);
  }
  return [...sets.values()].flatMap((factors) => {
    const coded = factors.map((index) => codesOf(variables[index]!));
    const nCells = coded.reduce((product, { levels }) => product * levels.length, 1);
    if (nCells > MOST_CELLS) return [];
    const counts = new Array<number>(nCells).fill(0);
    for (const i of coded[0]!.codes.keys()) {
      const cell = coded.reduce((index, { levels, codes }) => index * levels.length + codes[i]!, 0);
      counts[cell]! += 1;
    }
    const nameOf = (cell: number) => {
      let rest = cell;
      const names: string[] = [];
      for (const { text, levels } of coded.toReversed()) {
        names.unshift(`${text} = ${levels[rest % levels.length]}`);
        rest = Math.floor(rest / levels.length);
      }
      return names.join(", ");
    };
    return [
      {
        factors: coded.map(({ text }) => text).join(":"),
        cells: counts.map((nSubjects, cell) => ({ levels: nameOf(cell), nSubjects })),
      },
    ];
  });
}

function codesOf({ text, value }: FrameVariable) {
  return value.kind === "factor"
    ? { text, levels: value.levels, codes: value.codes }
    : { text, levels: ["FALSE", "TRUE"], codes: Int32Array.from(value.columns[0]!) };
}
