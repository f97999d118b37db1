// fixelcfestats and vectorstats on data sets without any effect (null-cohort.ts), in process.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { N_SHUFFLES, type NullOutcome } from "./calibration.js";
import { makeStore } from "./make-store.js";
import {
  makeNullData,
  N_ELEMENTS,
  N_SUBJECTS,
  type NullModel,
  writeNullDesign,
  writeNullTemplate,
  writeSubjectList,
} from "./null-cohort.js";
import { makeTemporaryDirectory, readNumbers, readSmallImage } from "./peer.js";
import { runProblem, runVectors } from "./run-inference.js";
import { bytesOf, npyBytes } from "./write-npy.js";

const HYPOTHESES = ["t1", "t2", "F1"] as const;
/** Of one hypothesis each, a data set after the other. With -strong of all together, which is what it controls. */
export type NullOutcomes = Readonly<Partial<Record<(typeof HYPOTHESES)[number] | "all", NullOutcome[]>>>;

/** In the middle, away from the ends. */
const LOOKED_AT = N_ELEMENTS / 2;

type ReadResult = (name: string) => ArrayLike<number>;

function outcomesOf(read: ReadResult): NullOutcome[] {
  return HYPOTHESES.map((h) => ({
    largestFwe: Math.max(...Array.from(read(`fwe_1mpvalue_${h}`))),
    uncorrected: read(`uncorrected_pvalue_${h}`)[LOOKED_AT]!,
  }));
}

/** `found`: [data set][hypothesis]. */
function byHypothesis({ strong }: NullModel, found: readonly NullOutcome[][]): NullOutcomes {
  if (strong) {
    const all = found.map((outcomes) => ({
      largestFwe: Math.max(...outcomes.map(({ largestFwe }) => largestFwe)),
      uncorrected: outcomes[0]!.uncorrected,
    }));
    return { all };
  }
  return Object.fromEntries(HYPOTHESES.map((h, i) => [h, found.map((outcomes) => outcomes[i]!)]));
}

const shared = ({ errors, strong }: NullModel, seed: number) => ({
  ...(errors === undefined ? {} : { errors }),
  strong: strong === true,
  force: true,
  nShuffles: N_SHUFFLES,
  memoryBytes: 2 ** 25,
  seed,
});

/** All data sets lie in one store; each run selects the subjects of its own. */
export async function runNullFixels(model: NullModel, nDataSets: number): Promise<NullOutcomes> {
  const directory = makeTemporaryDirectory();
  const at = (name: string) => join(directory, name);
  const { columnValues, ...files } = writeNullDesign(directory, model);
  const column = writeNullTemplate(directory, columnValues);
  const store = await makeStore(directory, "all.fxs", {
    values: makeNullData(nDataSets, model),
    nSubjects: nDataSets * N_SUBJECTS,
    template: { indexPath: at("index.mif"), directionsPath: at("directions.mif") },
  });
  const found: NullOutcome[][] = [];
  for (let d = 0; d < nDataSets; d++) {
    const paths = { input: store, subjects: writeSubjectList(directory, d), output: at("out"), cache: at("cache") };
    await runProblem(directory, {
      ...{ ...files, ...paths, ...shared(model, d) },
      ...(column === undefined ? {} : { column: [column] }),
    });
    found.push(outcomesOf((name) => readSmallImage(at(`out/${name}.mif`)).values));
  }
  return byHypothesis(model, found);
}

/** Each data set is a matrix in .npy. */
export async function runNullVectors(model: NullModel, nDataSets: number): Promise<NullOutcomes> {
  const directory = makeTemporaryDirectory();
  const at = (name: string) => join(directory, name);
  const { columnValues, ...files } = writeNullDesign(directory, model);
  const shape = [N_SUBJECTS, N_ELEMENTS];
  const data = makeNullData(nDataSets, model);
  if (columnValues !== undefined) {
    const bytes = Buffer.concat(columnValues.map(bytesOf));
    writeFileSync(at("column.npy"), npyBytes({ shape, data: bytes }));
  }
  mkdirSync(at("out"));
  const found: NullOutcome[][] = [];
  for (let d = 0; d < nDataSets; d++) {
    const values = data.subarray(d * N_SUBJECTS * N_ELEMENTS, (d + 1) * N_SUBJECTS * N_ELEMENTS);
    writeFileSync(at(`data-${d}.npy`), npyBytes({ shape, data: bytesOf(values) }));
    await runVectors(directory, {
      ...{ ...files, ...shared(model, d), input: at(`data-${d}.npy`), prefix: at("out/x_"), cache: at("cache") },
      ...(columnValues === undefined ? {} : { column: [at("column.npy")] }),
    });
    found.push(outcomesOf((name) => readNumbers(at(`out/x_${name}.csv`)).flat()));
  }
  return byHypothesis(model, found);
}
