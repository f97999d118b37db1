// Many data sets without any effect, under one design: errors are normal, and smooth along the elements so that neighbours agree as fixels do.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeTemplate } from "./make-cohort.js";
import { writeColumn } from "./make-model-problem.js";
import { type Problem, writeMatrixDirectory, writeRows } from "./make-problem.js";
import { createRandom, type SeededRandom } from "./seeded-random.js";

export interface NullModel {
  readonly column?: true;
  /** Two groups, balanced against what is tested; of unequal ones the second varies twice as much. */
  readonly variance?: "equal" | "unequal";
  /** A tenth of the values: in subjects that a third of the elements share, or for each element in subjects of its own. */
  readonly missing?: "regions" | "own";
  /** Errors of neighbours have nothing in common. */
  readonly independent?: true;
  readonly errors?: "ise" | "both";
  /**
   * Three blocks of eight with means of their own, shuffled within; twelve pairs that share half their errors, shuffled as wholes; or the variance groups,
   * shuffled within.
   */
  readonly blocks?: "within" | "whole" | "groups";
  readonly strong?: true;
}

/**
 * Every model that both commands accept, and every kind of shuffle of the complete one. Groups of unequal variance are not exchangeable with each other:
 * shuffled all together they give too many errors (43 of 400 for t1 of fixelcfestats), with -variance too; flipped, or within the groups, they do not.
 */
export const CALIBRATED_MODELS: readonly NullModel[] = [
  {},
  { errors: "ise" },
  { errors: "both" },
  { blocks: "within" },
  { blocks: "whole" },
  { strong: true },
  { missing: "regions" },
  { missing: "own", independent: true },
  { column: true },
  { variance: "equal" },
  { variance: "unequal", errors: "ise" },
  { variance: "unequal", blocks: "groups" },
  { column: true, missing: "regions" },
  { variance: "unequal", blocks: "groups", missing: "regions" },
  { column: true, variance: "unequal", blocks: "groups" },
  { column: true, variance: "unequal", blocks: "groups", missing: "regions" },
];

export const N_SUBJECTS = 24;
export const N_ELEMENTS = 60;
/** Elements to either side that take part in an error. */
const REACH = 3;

const groupOf = (subject: number) => (subject >> 2) % 2;
const blockOf = {
  within: (subject: number) => subject >> 3,
  whole: (subject: number) => subject >> 1,
  groups: groupOf,
};
/** The tested group: alternates, or between blocks where those are exchanged as wholes. */
const testedOf = (subject: number, { blocks }: NullModel) => (blocks === "whole" ? subject >> 1 : subject) % 2;

/** f32 [nDataSets * N_SUBJECTS x N_ELEMENTS]: data set after data set. */
export function makeNullData(nDataSets: number, model: NullModel, seed = 20): Float32Array {
  const random = createRandom(seed);
  const data = new Float32Array(nDataSets * N_SUBJECTS * N_ELEMENTS);
  const isMissing = new Uint8Array(N_ELEMENTS);
  let block: ArrayLike<number> = [];
  for (let row = 0; row < nDataSets * N_SUBJECTS; row++) {
    const subject = row % N_SUBJECTS;
    if (model.missing !== undefined) drawMissing(isMissing, model.missing, random);
    const { blocks } = model;
    const hasMeans = blocks === "within" || blocks === "whole";
    if (hasMeans && blockOf[blocks](subject) !== blockOf[blocks](subject - 1)) block = drawErrors(model, random);
    const errors = drawErrors(model, random);
    const deviation = model.variance === "unequal" && groupOf(subject) === 1 ? 2 : 1;
    for (let e = 0; e < N_ELEMENTS; e++) {
      const value = 10 + deviation * errors[e]! + (hasMeans ? block[e]! : 0);
      data[row * N_ELEMENTS + e] = isMissing[e] ? Number.NaN : value;
    }
  }
  return data;
}

/** f64 [N_ELEMENTS] of variance 1. */
function drawErrors({ independent }: NullModel, random: SeededRandom): Float64Array {
  const reach = independent ? 0 : REACH;
  const noise = Float64Array.from({ length: N_ELEMENTS + 2 * reach }, () => random.normal());
  return Float64Array.from({ length: N_ELEMENTS }, (_, e) => {
    let sum = 0;
    for (let i = 0; i <= 2 * reach; i++) sum += noise[e + i]!;
    return sum / Math.sqrt(2 * reach + 1);
  });
}

/** Of one subject. */
function drawMissing(out: Uint8Array, missing: "regions" | "own", random: SeededRandom): void {
  const together = missing === "own" ? 1 : N_ELEMENTS / 3;
  for (let e = 0; e < out.length; e++) out[e] = e % together === 0 ? Number(random.uniform() < 0.1) : out[e - 1]!;
}

export interface NullDesign {
  readonly design: string;
  readonly contrast: string;
  readonly ftests: string;
  readonly variance?: string;
  readonly exchangeWithin?: string;
  readonly exchangeWhole?: string;
  /** f32 [N_SUBJECTS][N_ELEMENTS] of the element-wise regressor. */
  readonly columnValues?: readonly Float32Array[];
}

/** A constant, a group, a covariate: the group and the covariate are tested by themselves (t1, t2), and together (F1). */
export function writeNullDesign(directory: string, model: NullModel): NullDesign {
  const at = (name: string) => join(directory, name);
  const random = createRandom(1);
  const perSubject = <T>(value: (subject: number) => T) => Array.from({ length: N_SUBJECTS }, (_, i) => value(i));
  // pairs that are exchanged as wholes have one covariate
  let covariate = 0;
  const rows = perSubject((i) => {
    if (model.blocks !== "whole" || i % 2 === 0) covariate = random.normal();
    return [1, testedOf(i, model), covariate];
  });
  const weights = (...tested: number[]) => (model.column ? [...tested, 0] : tested);
  const labels = (name: string, label: (subject: number) => number) =>
    writeRows(
      at(name),
      perSubject((i) => [label(i)]),
    );
  const { blocks } = model;
  return {
    design: writeRows(at("design.txt"), rows),
    contrast: writeRows(at("contrast.txt"), [weights(0, 1, 0), weights(0, 0, 1)]),
    ftests: writeRows(at("ftests.txt"), [[1, 1]]),
    ...(model.variance ? { variance: labels("groups.txt", groupOf) } : {}),
    ...(blocks === undefined
      ? {}
      : { [blocks === "whole" ? "exchangeWhole" : "exchangeWithin"]: labels("blocks.txt", blockOf[blocks]) }),
    ...(model.column
      ? { columnValues: perSubject(() => Float32Array.from({ length: N_ELEMENTS }, () => random.normal())) }
      : {}),
  };
}

/** Template, matrix/ with the neighbours that share errors, and the files of a column; returns its list. */
export function writeNullTemplate(directory: string, columnValues: NullDesign["columnValues"]): string | undefined {
  writeTemplate(directory, N_ELEMENTS);
  const c: Problem["connectivity"] = { count: [], offset: [], fixels: [], values: [] };
  for (let f = 0; f < N_ELEMENTS; f++) {
    const near = Array.from({ length: 2 * REACH + 1 }, (_, i) => f + i - REACH);
    const inside = near.filter((other) => other >= 0 && other < N_ELEMENTS);
    c.offset.push(c.fixels.length);
    c.count.push(inside.length);
    c.fixels.push(...inside);
    c.values.push(...inside.map((other) => 1 - Math.abs(other - f) / (REACH + 1)));
  }
  writeMatrixDirectory(join(directory, "matrix"), c);
  return columnValues === undefined ? undefined : writeColumn(directory, "column", columnValues);
}

/** The names of data set `d`'s subjects in a store of all of them. */
export function writeSubjectList(directory: string, d: number): string {
  const path = join(directory, "subjects.txt");
  const names = Array.from({ length: N_SUBJECTS }, (_, i) => `s${d * N_SUBJECTS + i}.mif\n`);
  writeFileSync(path, names.join(""));
  return path;
}
