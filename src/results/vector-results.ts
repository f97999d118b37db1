// Results of vectors: tables named `<prefix>NAME.csv`, the prefix glued on as MRtrix3 does it.
import { statSync } from "node:fs";
import { InputError } from "../errors.js";
import type { ResultFiles } from "./result-files.js";
import { openResultFolder } from "./result-folder.js";
import { listResults, type Result, type ResultSpec } from "./result-list.js";
import { MATRIX_DIGITS, NUMBER_BYTES, type NumberForm, ROW_DIGITS, writeNumbers } from "./write-numbers.js";

export interface VectorResultInputs {
  /** As typed: `out/x_` gives out/x_betas.csv, `out/` gives out/betas.csv. */
  readonly prefix: string;
  readonly nElements: number;
  readonly results: ResultSpec;
  readonly commandHistory: string;
  readonly overwrite: boolean;
  /** As ResultFolderInputs. */
  readonly rehearse: boolean;
}

const ROW: NumberForm = { digits: ROW_DIGITS, separator: "," };
const ROWS: NumberForm = { digits: MATRIX_DIGITS, separator: "," };
const COLUMN: NumberForm = { digits: MATRIX_DIGITS, separator: "\n" };

/** Throws InputError: exists already, no such directory, cannot be written, disk too small. */
export function openVectorResults(inputs: VectorResultInputs): ResultFiles {
  const { prefix, results, nElements, commandHistory } = inputs;
  const slash = prefix.lastIndexOf("/") + 1;
  const directory = slash === 0 ? "." : prefix.slice(0, slash);
  const base = prefix.slice(slash);
  const purpose = `Cannot write results to ${prefix}*.csv`;
  if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory()) {
    throw new InputError(
      `${purpose}: expected an existing directory ${directory}, got none. Make it first; the prefix is put in front of every file name as it is.`,
      { path: directory },
    );
  }
  const all = listResults(results);
  const nNumbers = all.reduce(
    (sum, { role, count }) => sum + (role === "null" ? results.nShuffles : count * nElements),
    0,
  );
  const fileOf = ({ role, name }: Result) => `${base}${role === "factor" ? `${name}s` : name}.csv`;
  const bytes = nNumbers * NUMBER_BYTES;
  const folder = openResultFolder({
    ...{ directory, path: prefix, purpose, bytes, base, overwrite: inputs.overwrite, rehearse: inputs.rehearse },
    files: all.map(fileOf),
    remedy: "Choose another prefix for the results.",
    existing: "exist already. Give another prefix, or -force to overwrite.",
  });
  return {
    directory,
    earlier: folder.earlier,
    bytes,
    copied: {},
    describeInput() {},
    async write(result, images, signal) {
      await writeNumbers(folder.pathOf(fileOf(result)), images, { ...formOf(result), commandHistory }, signal);
    },
    publish: folder.publish,
    discard: folder.discard,
  };
}

/** Matrices and what the peer saves as columns have the digits of matrices. */
function formOf({ role, grouped }: Result): NumberForm {
  if (role === "factor" || grouped) return ROWS;
  return role === "statistic" ? COLUMN : ROW;
}
