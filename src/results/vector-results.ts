// Results of vectors: tables named `<prefix>NAME.csv`, the prefix glued on as MRtrix3 does it.

import { openPrefixFolder } from "./prefix-folder.js";
import type { ResultFiles } from "./result-files.js";
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
  const all = listResults(results);
  const nNumbers = all.reduce(
    (sum, { role, count }) => sum + (role === "null" ? results.nShuffles : count * nElements),
    0,
  );
  const nameOf = ({ role, name }: Result) => `${role === "factor" ? `${name}s` : name}.csv`;
  const bytes = nNumbers * NUMBER_BYTES;
  const { pathOf, files } = openPrefixFolder({
    ...{ prefix, ending: "csv", bytes, overwrite: inputs.overwrite, rehearse: inputs.rehearse },
    names: all.map(nameOf),
  });
  return {
    ...files,
    async write(result, images, signal) {
      await writeNumbers(pathOf(nameOf(result)), images, { ...formOf(result), commandHistory }, signal);
    },
  };
}

/** Matrices and what the peer saves as columns have the digits of matrices. */
function formOf({ role, grouped }: Result): NumberForm {
  if (role === "factor" || grouped) return ROWS;
  return role === "statistic" ? COLUMN : ROW;
}
