// What a finished run has that can be read together with others: its record, its null distributions, and of each hypothesis the statistic that they are of.
import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { InputError, InternalError } from "../../errors.js";
import { openImage } from "../../formats/image.js";
import type { ImageHeader } from "../../formats/image-header.js";
import { checkResults } from "../../results/check-results.js";
import { readNumbers } from "../../results/read-numbers.js";
import { RUN_RECORD_FILE } from "../../results/result-folder.js";
import { ENHANCED, postfixOf, type ResultSpec, sharedPostfixOf } from "../../results/result-list.js";
import { RUN_RECORD_FORMAT, type RunRecord } from "../../results/run-record.js";
import { findShards } from "../../results/shard-file.js";
import { isMirrored } from "../../stats/inference/families.js";

export interface FinishedRun {
  /** As typed. */
  readonly path: string;
  /** Of its folder or prefix: in the names of the results. */
  readonly name: string;
  readonly directory: string;
  readonly record: RunRecord;
  /** In front of the names of its files. */
  readonly base: string;
}

/** Values of a result and how they lie in its file. */
export interface ResultMap {
  /** f64: pixels in canonical order, or numbers row by row. */
  readonly values: Float64Array;
  readonly ending: string;
  /** Of an image. */
  readonly header?: ImageHeader;
  /** Of a text. */
  readonly shape?: { readonly nRows: number; readonly nColumns: number };
}

export interface RunHypothesis {
  readonly name: string;
  /** Empty where the run has one hypothesis. */
  readonly postfix: string;
  /** `cfe`, `Zstat`. */
  readonly statisticName: string;
  /** What the null distributions are the largest of. */
  readonly statistic: ResultMap;
  readonly fwe: ResultMap;
  /** f64 [shuffles]: what `fwe` was looked up in. */
  readonly null: Float64Array;
}

/** `path`: the output of a run, or its prefix. Throws InputError for what is not finished, not merged, damaged or has no null. */
export function openRun(path: string): FinishedRun {
  const isDirectory = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  const [directory, base] = isDirectory ? [path, ""] : [dirname(`${path}x`), basename(`${path}x`).slice(0, -1)];
  const place = join(directory, `${base}${RUN_RECORD_FILE}`);
  const purpose = `Cannot join ${path}`;
  const refuse = (text: string) => new InputError(`${purpose}: ${text}`, { path });
  if (!existsSync(place)) {
    const shards = findShards(path);
    if (shards !== undefined) {
      throw refuse(
        `expected the results of a finished run, got shards (${shards}). Make them results first: fixelstream merge.`,
      );
    }
    throw refuse(
      `expected the output of a finished statistical run, or its prefix, got no ${base}${RUN_RECORD_FILE} in ${directory}. Let the run end first, or correct the name.`,
    );
  }
  const record = readRecord(place, purpose);
  const { damaged } = checkResults(directory, `${base}${RUN_RECORD_FILE}`);
  const [first] = damaged;
  if (first !== undefined) {
    throw refuse(
      `expected results as the run wrote them, got ${first.got} in ${first.file}, not ${first.expected}. Run it again.`,
    );
  }
  if ((record as { joint?: unknown }).joint !== undefined) {
    throw refuse(
      "expected the output of a statistical run, got one of fixelstream joint. Give the runs that it was made of.",
    );
  }
  if (record.runPlan?.shuffles === undefined || !Array.isArray(record.problem?.["hypotheses"])) {
    throw refuse("expected the output of a statistical run, got another record. Correct the name.");
  }
  if (record.options["notest"] === true) {
    throw refuse("expected a run with shuffles, got one with -notest, which has no null distribution. Run it without.");
  }
  if (record.negativeBinomial !== undefined) {
    throw refuse(
      "expected a run with a null distribution, got one with --negbin, which counts single elements only. Run it without.",
    );
  }
  const own = base === "" ? basename(resolve(directory)) : base.replace(/[_.-]+$/, "") || base;
  return { path, name: own, directory, record, base };
}

function readRecord(place: string, purpose: string): RunRecord {
  let found: unknown;
  try {
    found = JSON.parse(readFileSync(place, "utf8"));
  } catch (cause) {
    throw new InputError(
      `${purpose}: expected the record of a run in ${place}, got something that is no JSON. Run it again.`,
      {
        path: place,
        cause,
      },
    );
  }
  if ((found as Partial<RunRecord> | null)?.format === RUN_RECORD_FORMAT) return found as RunRecord;
  throw new InputError(`${purpose}: expected the record of a run in ${place}, got another file. Correct the name.`, {
    path: place,
  });
}

/** f64 [shuffles], each of a hypothesis, a pair of directions or all of the run; by their names without ending. Rejects with InputError. */
async function readNulls({ record, directory, base, path }: FinishedRun): Promise<ReadonlyMap<string, Float64Array>> {
  const names = record.files.filter((file) => file.startsWith(`${base}null_dist`));
  const nulls = new Map<string, Float64Array>();
  for (const name of names) {
    const place = join(directory, name);
    nulls.set(name.slice(base.length, name.lastIndexOf(".")), (await readNumbers(place)).values);
  }
  const count = record.problem["nShuffles"];
  const odd = [...nulls.values()].find(({ length }) => length !== count);
  if (nulls.size > 0 && odd === undefined) return nulls;
  throw new InputError(
    `Cannot join ${path}: expected null distributions of ${count} shuffles, got ${odd === undefined ? "none" : `one of ${odd.length}`}. Run it again.`,
    { path },
  );
}

/** In the order of the run. Rejects with InputError. */
export async function readHypotheses(run: FinishedRun): Promise<RunHypothesis[]> {
  const listed = run.record.problem["hypotheses"] as unknown as ResultSpec["hypotheses"];
  const nulls = await readNulls(run);
  const found: RunHypothesis[] = [];
  for (const [h, { name }] of listed.entries()) {
    const postfix = postfixOf({ hypotheses: listed }, h);
    const shared = sharedPostfixOf({ hypotheses: listed }, h);
    const enhanced = ENHANCED.find((image) => fileOf(run, `${image}${postfix}`));
    const statistic = await readMap(run, enhanced === undefined ? `Zstat${shared}` : `${enhanced}${postfix}`);
    // both directions share the Z of the positive one
    if (enhanced === undefined && isMirrored(listed, h))
      for (let i = 0; i < statistic.values.length; i++) statistic.values[i] = -statistic.values[i]!;
    // of all hypotheses with -strong
    const own = nulls.get(`null_dist${shared}`) ?? nulls.get("null_dist");
    if (own === undefined) throw new InternalError(`There is no null distribution of ${name} in ${run.path}.`);
    found.push({
      ...{ name, postfix, statistic, null: own },
      statisticName: enhanced ?? "Zstat",
      fwe: await readMap(run, `fwe_1mpvalue${postfix}`),
    });
  }
  return found;
}

const fileOf = ({ record, base }: FinishedRun, name: string): string | undefined =>
  [".mif", ".nii", ".csv"].map((ending) => `${base}${name}${ending}`).find((file) => record.files.includes(file));

async function readMap(run: FinishedRun, name: string): Promise<ResultMap> {
  const file = fileOf(run, name);
  if (file === undefined) {
    throw new InputError(`Cannot join ${run.path}: expected ${name} among its results, got none. Run it again.`, {
      path: run.path,
    });
  }
  const place = join(run.directory, file);
  const ending = file.slice(file.lastIndexOf("."));
  if (ending === ".csv") {
    const { values, nRows, nColumns } = await readNumbers(place);
    return { values, ending, shape: { nRows, nColumns } };
  }
  const image = openImage(place);
  try {
    const values = new Float64Array(image.nElements);
    image.copyValuesInto(values, 0, values.length);
    return { values, ending, header: image.header };
  } finally {
    image.close();
  }
}
