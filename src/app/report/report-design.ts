// The page of a directory of fixelstream design. Beside the directory, as of an .h5: in it are the files of the design alone, so that -force can replace it.
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { InputError } from "../../errors.js";
import { readMatrix } from "../../formats/text/matrix.js";
import { designPage } from "../../report/design-page.js";
import { DESIGN_FILE, parseDesignRecord } from "../design/design-files.js";
import { pageParts, placeOf, publishPage, type ReportSummary } from "./write-report.js";

export const isDesign = (directory: string): boolean => existsSync(join(directory, DESIGN_FILE));

const NO_NAME = "(?!)";

/** Undefined: not a design's directory. Throws InputError: a damaged one; no place for the page. */
export async function reportDesign(directory: string, out: string | undefined): Promise<ReportSummary | undefined> {
  const start = performance.now();
  const file = join(directory, DESIGN_FILE);
  if (!isDesign(directory)) return undefined;
  const refuse = (got: string) =>
    new InputError(
      `Cannot report ${directory}: expected a design as fixelstream design writes it, got ${got}. Make it again.`,
      { path: file },
    );
  const record = parseDesignRecord(readFileSync(file, "utf8"));
  if (record === undefined) throw refuse(`a ${DESIGN_FILE} of something else, or of another version`);
  const { values, nRows, nColumns } = await readMatrix(join(directory, "design.txt"));
  if (nRows !== record.subjects.length || nColumns !== record.columns.length)
    throw refuse(
      `${nRows} x ${nColumns} values in design.txt for ${record.subjects.length} subjects and ${record.columns.length} columns in ${DESIGN_FILE}`,
    );
  const place = resolve(directory);
  const page = placeOf(out, { directory: dirname(place), base: `${basename(place)}_` });
  const model = {
    design: Array.from({ length: nRows }, (_, i) => Array.from(values.subarray(i * nColumns, (i + 1) * nColumns))),
    factors: record.columns.map(({ name }) => name),
    ...{ isNamed: true, nElementColumns: 0, varianceGroups: undefined },
  };
  const text = designPage({ ...record, model }, directory, pageParts());
  return publishPage(page, { text, tables: [], data: { hypotheses: [], remarks: [] }, start, stale: NO_NAME });
}
