// The columns that a formula makes of its variables, with R's names: model.matrix.
import { DesignError } from "../../errors.js";
import { allLevels, type Coding, contrastCoding } from "./contrast-matrix.js";
import type { FrameVariable, ModelFrame } from "./model-frame.js";
import type { SmoothTerm } from "./smooth-term.js";
import { shown } from "./tokens.js";
import type { ContrastName, Contrasts, Factor, Numbers } from "./value.js";

export interface MatrixOptions {
  /** Default: treatment, the first level being the reference. */
  readonly unordered?: ContrastName;
  /** Default: poly. */
  readonly ordered?: ContrastName;
}

/** A column of an element-wise variable that a column of the matrix is still to be multiplied by. */
export interface ElementwisePart {
  /** Index into the frame's variables. */
  readonly variable: number;
  /** Which of its columns. */
  readonly column: number;
}

export interface ModelMatrix {
  /** Names as R's: `(Intercept)`, `groupB`, `age:groupB`, `poly(age, 2)1`. */
  readonly columns: readonly string[];
  readonly nRows: number;
  /** f64 [nRows x columns], row-major. */
  readonly matrix: Float64Array;
  /** By column: 0 the intercept, from 1 the index of its term. */
  readonly assign: readonly number[];
  /** Labels of the terms, without the intercept and smooths. */
  readonly terms: readonly string[];
  /** By column; none: the same for all elements. Others hold the product of their other parts. */
  readonly elementwise: readonly (readonly ElementwisePart[])[];
  /** Not among the columns. */
  readonly smooths: readonly SmoothTerm[];
  readonly responseName: string | undefined;
  readonly frame: ModelFrame;
}

/** Columns of a design that anyone means. */
const MOST_COLUMNS = 20_000;

/** Throws DesignError: a factor of one level, more columns than anyone means. */
export function modelMatrix(frame: ModelFrame, options: MatrixOptions = {}): ModelMatrix {
  const { terms, variables, rows } = frame;
  const coded = variables.map((variable) => codingsOf(variable, frame, options));
  const full = terms.terms.map(({ fullLevels }) => [...fullLevels]);
  if (!terms.intercept) giveFirstFactorAllLevels(frame, full);

  const columns: { name: string; values: Float64Array; assign: number; parts: ElementwisePart[] }[] = [];
  if (terms.intercept)
    columns.push({ name: "(Intercept)", values: new Float64Array(rows.length).fill(1), assign: 0, parts: [] });
  terms.terms.forEach((term, iTerm) => {
    let made: { name: string; values: Float64Array; parts: ElementwisePart[] }[] = [];
    term.variables.forEach((index, place) => {
      const { names, columns: own } = coded[index]!(full[iTerm]![place]!);
      const isOwn = variables[index]!.scalars.length > 0;
      const parts = own.map((values, column) => ({
        name: variables[index]!.text + names[column]!,
        values,
        parts: isOwn ? [{ variable: index, column }] : [],
      }));
      if (place === 0) made = parts;
      else {
        assertSize(columns.length + made.length * parts.length, frame);
        // the first variable's columns change fastest
        made = parts.flatMap((part) =>
          made.map((earlier) => ({
            name: `${earlier.name}:${part.name}`,
            values: earlier.values.map((value, i) => value * part.values[i]!),
            parts: [...earlier.parts, ...part.parts],
          })),
        );
      }
    });
    assertSize(columns.length + made.length, frame);
    for (const one of made) columns.push({ ...one, assign: iTerm + 1 });
  });
  const matrix = new Float64Array(rows.length * columns.length);
  columns.forEach(({ values }, j) => {
    for (let i = 0; i < rows.length; i++) matrix[i * columns.length + j] = values[i]!;
  });
  return {
    columns: columns.map(({ name }) => name),
    nRows: rows.length,
    matrix,
    assign: columns.map(({ assign }) => assign),
    terms: terms.terms.map(({ label }) => label),
    elementwise: columns.map(({ parts }) => parts),
    smooths: terms.smooths,
    responseName: frame.formula.responseName,
    frame,
  };
}

type Codings = (full: boolean) => Coding;

function codingsOf(variable: FrameVariable, frame: ModelFrame, options: MatrixOptions): Codings {
  const { value, text } = variable;
  if (value.kind === "numbers" && value.logical !== true) {
    const names = value.columns.length === 1 ? [""] : (value.names ?? value.columns.map((_, j) => String(j + 1)));
    return () => ({ names, columns: value.columns });
  }
  const factor = asFactor(value);
  const spread = (coding: Coding): Coding => ({
    names: coding.names,
    columns: coding.columns.map((byLevel) => Float64Array.from(factor.codes, (code) => byLevel[code]!)),
  });
  return (full) => {
    const n = factor.levels.length;
    if (n < 2) {
      throw new DesignError([
        `Cannot use ${text} of the formula '${shown(frame.formula.text)}': expected a factor of at least two levels among the ${frame.rows.length} subjects, got ${factor.levels.join(", ") || "none"} alone. Leave it out, or add the other subjects.`,
      ]);
    }
    if (full) return spread(allLevels(factor.levels));
    const ofOption: Contrasts = {
      name: factor.ordered ? (options.ordered ?? "poly") : (options.unordered ?? "treatment"),
    };
    return spread(contrastCoding(factor.levels, factor.contrasts ?? ofOption));
  };
}

/** TRUE and FALSE are two levels, whether there are both or not. */
function asFactor(value: Numbers | Factor): Factor {
  if (value.kind === "factor") return value;
  return { kind: "factor", levels: ["FALSE", "TRUE"], codes: Int32Array.from(value.columns[0]!), ordered: false };
}

export const isFactor = ({ value }: FrameVariable): boolean => value.kind === "factor" || value.logical === true;

/** Without an intercept its place is taken by all levels of the first factor of the first term that has one. */
function giveFirstFactorAllLevels({ terms, variables }: ModelFrame, full: boolean[][]): void {
  for (const [iTerm, term] of terms.terms.entries()) {
    const place = term.variables.findIndex((index) => isFactor(variables[index]!));
    if (place < 0) continue;
    full[iTerm]![place] = true;
    return;
  }
}

function assertSize(nColumns: number, frame: ModelFrame): void {
  if (nColumns <= MOST_COLUMNS) return;
  throw new DesignError([
    `Cannot use the formula '${shown(frame.formula.text)}': expected at most ${MOST_COLUMNS} columns, got ${nColumns}. Is a factor meant to be numbers?`,
  ]);
}
