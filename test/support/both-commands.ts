// The same small analysis with any statistical command: what holds for one holds for the others. Elements are in a row, whose neighbours are next to it.
import fs from "node:fs";
import path from "node:path";
import type { InferenceEvents } from "../../src/app/analyse/analyse.js";
import { seedOfEdges } from "../../src/app/analyse/edges.js";
import { seedOfFixels } from "../../src/app/analyse/fixels.js";
import {
  inferEdges,
  inferFixels,
  inferVectors,
  inferVoxels,
  planEdges,
  planInference,
  planVectors,
  planVoxels,
} from "../../src/app/analyse/kinds.js";
import { type AnalysisOptions, type FixelCfeOptions, TFCE_DEFAULTS } from "../../src/app/analyse/options.js";
import { seedOfVectors } from "../../src/app/analyse/vectors.js";
import { seedOfVoxels } from "../../src/app/analyse/voxels.js";
import { newAnalysis } from "./expect-refusal.js";
import { type InProcessResult, runInProcess } from "./in-process-cli.js";
import { rawFixelData } from "./make-cohort.js";
import { isOfReport } from "./report-files.js";
import { INFERENCE_DEFAULTS } from "./run-inference.js";
import { fileOfSubject, type SmallAnalysis } from "./small-analysis.js";
import { bytesOf, npyBytes } from "./write-npy.js";

/** Those of which a test says what is different. */
export const COMMANDS = ["fixelcfestats", "vectorstats"] as const;
/** All kinds of elements: what a test asks of one it asks of each. */
export const ALL_COMMANDS = [...COMMANDS, "mrclusterstats", "connectomestats"] as const;
export type CommandName = (typeof ALL_COMMANDS)[number];

/** What a test has to know of a command. `enhanced` is undefined where nothing is. */
export const NAMES = {
  fixelcfestats: {
    ...{ ending: ".mif", elements: "fixels", enhanced: "cfe", beta: "beta0", isPrefixed: false },
    uncorrected: "uncorrected_pvalue",
  },
  vectorstats: {
    ...{ ending: ".csv", elements: "elements", enhanced: undefined, beta: "betas", isPrefixed: true },
    uncorrected: "uncorrected_pvalue",
  },
  mrclusterstats: {
    ...{ ending: ".mif", elements: "voxels", enhanced: "tfce", beta: "beta0", isPrefixed: true },
    uncorrected: "uncorrected_pvalue",
  },
  connectomestats: {
    ...{ ending: ".csv", elements: "edges", enhanced: "enhanced", beta: "beta_0", isPrefixed: true },
    uncorrected: "uncorrected_1mpvalue",
  },
} as const;

export interface EitherRun {
  readonly command: CommandName;
  at(...names: string[]): string;
  /** The message without the analysis's own folder. */
  relative(text: string): string;
  /** On the command line: inputs and the place of the results. */
  readonly paths: readonly string[];
  /** On the command line, with few shuffles, a seed and no threads. */
  run(...tokens: string[]): Promise<InProcessResult>;
  infer(changes?: Partial<AnalysisOptions>, events?: InferenceEvents): ReturnType<typeof inferVectors>;
  plan(changes?: Partial<AnalysisOptions>): ReturnType<typeof planVectors>;
  /** `convert` of its data into a store or an .h5. */
  convertLine(output: string): string[];
  /** Analyse that, or another store. */
  ofStore(store: string): Partial<AnalysisOptions>;
  /** `seedOf` of its kind. */
  seedOf(changes: Partial<AnalysisOptions>): number;
  /** What `infer` would be given. */
  optionsOf(changes: Partial<AnalysisOptions>): AnalysisOptions;
  /** Names of the results, sorted; the prefix taken off. */
  results(): string[];
  /** The bytes of a result. */
  result(name: string): Buffer;
  readonly record: RecordOfTests;
}

export interface RecordOfTests {
  inputs: Record<string, { path: string; sha256: string }>;
  problem: Record<string, unknown>;
  files: string[];
  runPlan: { hash: string };
  warnings: { tag: string; message: string }[];
  resumed?: { fromShuffle: number; savedAt: string };
  shards?: { path: string; first: number; end: number }[];
}

export interface EitherOptions {
  readonly nElements?: number;
  readonly nSubjects?: number;
  readonly value?: (subject: number, element: number) => number;
  /** The files are float64. Default: false. */
  readonly wide?: boolean;
  readonly prefix?: string;
}

/** In a folder of its own: design.txt, contrast.txt and so on; results in out/. */
export function newRun(command: CommandName, options: EitherOptions = {}): EitherRun {
  const { nElements = 24, nSubjects = 8, prefix = "x_", wide = false } = options;
  const small = newAnalysis({ nFixels: nElements, nSubjects, ...(options.value && { value: options.value }) });
  const [fd, subjects, design, contrast, connectivity, output] = small.positionals as string[] &
    [string, string, string, string, string, string];
  const isImages = command === "fixelcfestats" || command === "mrclusterstats";
  if (isImages && wide) for (let i = 0; i < nSubjects; i++) widen(small.at("fd", fileOfSubject(i)));
  if (command === "vectorstats") layOutVectors(small, { nSubjects, nElements, wide });
  if (command === "mrclusterstats") layOutVoxels(small, { nSubjects, nElements });
  if (command === "connectomestats") layOutEdges(small, { nSubjects, nElements, wide });
  const glued = `${small.at("out")}/${prefix}`;
  const common = { ...INFERENCE_DEFAULTS, design, contrast, nShuffles: 20 };
  const fixels = { ...common, input: fd, subjects, connectivity, output };
  const vectors = { ...common, input: small.at("values.npy"), prefix: glued };
  const [images, mask] = [small.at("images.txt"), small.at("all.mif")];
  const voxels = { ...common, ...TFCE_DEFAULTS, input: images, mask, prefix: glued };
  const [connectomes, edges] = [small.at("connectomes.txt"), small.at("edges.csv")];
  const network = { ...common, algorithm: "tfnbs", input: connectomes, mask: edges, prefix: glued } as const;
  const ofFixels = (changes: Partial<AnalysisOptions> = {}): FixelCfeOptions => ({
    ...{ ...fixels, ...changes },
    subjects: changes.subjects ?? subjects,
  });
  const rows = {
    fixelcfestats: {
      ...{ options: fixels, paths: small.positionals, converted: ["fixels", fd, subjects] },
      seedOf: (changes: Partial<AnalysisOptions>) => seedOfFixels(ofFixels(changes)),
      infer: (changes?: Partial<AnalysisOptions>, events?: InferenceEvents) => inferFixels(ofFixels(changes), events),
      plan: (changes?: Partial<AnalysisOptions>) => planInference(ofFixels(changes)),
    },
    vectorstats: {
      ...{ options: vectors, paths: [vectors.input, design, contrast, glued], converted: ["vectors", vectors.input] },
      seedOf: (changes: Partial<AnalysisOptions>) => seedOfVectors({ ...vectors, ...changes }),
      infer: (changes?: Partial<AnalysisOptions>, events?: InferenceEvents) =>
        inferVectors({ ...vectors, ...changes }, events),
      plan: (changes?: Partial<AnalysisOptions>) => planVectors({ ...vectors, ...changes }),
    },
    mrclusterstats: {
      ...{ options: voxels, paths: [images, design, contrast, mask, glued], converted: ["voxels", images, mask] },
      seedOf: (changes: Partial<AnalysisOptions>) => seedOfVoxels({ ...voxels, ...changes }),
      infer: (changes?: Partial<AnalysisOptions>, events?: InferenceEvents) =>
        inferVoxels({ ...voxels, ...changes }, events),
      plan: (changes?: Partial<AnalysisOptions>) => planVoxels({ ...voxels, ...changes }),
    },
    connectomestats: {
      ...{ options: network, paths: [connectomes, "tfnbs", design, contrast, glued, "-mask", edges] },
      ...{ converted: ["edges", connectomes] },
      seedOf: (changes: Partial<AnalysisOptions>) => seedOfEdges({ ...network, ...changes }),
      infer: (changes?: Partial<AnalysisOptions>, events?: InferenceEvents) =>
        inferEdges({ ...network, ...changes }, events),
      plan: (changes?: Partial<AnalysisOptions>) => planEdges({ ...network, ...changes }),
    },
  } as const;
  const row = rows[command];
  const base = NAMES[command].isPrefixed ? prefix : "";
  const nameOf = (name: string) => `${base}${name}`;
  return {
    command,
    paths: row.paths,
    at: small.at,
    relative: small.relative,
    run: (...tokens) =>
      runInProcess([
        ...[command, ...row.paths, "-nshuffles", "20", "--seed", "1", "-nthreads", "0", "-quiet"],
        ...tokens,
      ]),
    infer: row.infer,
    plan: row.plan,
    seedOf: row.seedOf,
    convertLine: (store) => ["convert", ...row.converted, store, "-quiet"],
    ofStore: (store) => ({ input: store, ...(command === "fixelcfestats" ? { subjects: "-" } : {}) }),
    optionsOf: (changes) => ({ ...row.options, ...changes }),
    results: () =>
      fs
        .readdirSync(small.at("out"))
        .filter((name) => name.startsWith(base))
        .map((name) => name.slice(base.length))
        .filter((name) => !isOfReport(name))
        .sort(),
    result: (name) => fs.readFileSync(small.at("out", nameOf(name))),
    get record() {
      return JSON.parse(fs.readFileSync(small.at("out", nameOf("run.json")), "utf8"));
    },
  };
}

const valuesIn = (file: string) => new Float32Array(new Uint8Array(fs.readFileSync(file).subarray(256)).buffer);
/** No float32 any more. */
const asDoubles = (values: Float32Array) => Float64Array.from(values, (value) => value + 2 ** -30);

function widen(file: string): void {
  fs.writeFileSync(file, rawFixelData(asDoubles(valuesIn(file))));
}

/** The fixels' own values, as a matrix. */
function layOutVectors(small: SmallAnalysis, size: { nSubjects: number; nElements: number; wide: boolean }): void {
  const { nSubjects, nElements, wide } = size;
  const values = new Float32Array(nSubjects * nElements);
  for (let i = 0; i < nSubjects; i++) values.set(valuesIn(small.at("fd", fileOfSubject(i))), i * nElements);
  const shape = [nSubjects, nElements];
  const npy = wide
    ? npyBytes({ descr: "<f8", shape, data: bytesOf(asDoubles(values)) })
    : npyBytes({ shape, data: bytesOf(values) });
  fs.writeFileSync(small.at("values.npy"), npy);
  fs.mkdirSync(small.at("out"));
}

/** The fixels' own files, which are images of a row of voxels. */
function layOutVoxels(small: SmallAnalysis, { nSubjects, nElements }: { nSubjects: number; nElements: number }): void {
  const names = Array.from({ length: nSubjects }, (_, i) => `fd/${fileOfSubject(i)}\n`);
  fs.writeFileSync(small.at("images.txt"), names.join(""));
  fs.writeFileSync(small.at("all.mif"), rawFixelData(new Float32Array(nElements).fill(1)));
  fs.mkdirSync(small.at("out"));
}

/** The fixels' own values as the first edges of networks of as few nodes as have them; those behind are left out by the mask. */
function layOutEdges(small: SmallAnalysis, size: { nSubjects: number; nElements: number; wide: boolean }): void {
  const { nSubjects, nElements, wide } = size;
  const of = (i: number) => valuesIn(small.at("fd", fileOfSubject(i)));
  for (let i = 0; i < nSubjects; i++) {
    fs.writeFileSync(small.at(`connectome-${i}.npy`), npyOfEdges(wide ? asDoubles(of(i)) : of(i)));
  }
  const names = Array.from({ length: nSubjects }, (_, i) => `connectome-${i}.npy\n`);
  fs.writeFileSync(small.at("connectomes.txt"), names.join(""));
  const inside = matrixOfEdges(new Float32Array(nElements).fill(1));
  fs.writeFileSync(small.at("edges.csv"), `${inside.map((row) => row.join(",")).join("\n")}\n`);
  fs.mkdirSync(small.at("out"));
}

/** Upper triangle with the diagonal, row by row; 0 behind the values. */
function matrixOfEdges(values: ArrayLike<number>): number[][] {
  const nNodes = Math.ceil((Math.sqrt(8 * values.length + 1) - 1) / 2);
  const rows = Array.from({ length: nNodes }, () => new Array<number>(nNodes).fill(0));
  let edge = 0;
  for (let i = 0; i < nNodes; i++) for (let j = i; j < nNodes; j++) rows[i]![j] = values[edge++] ?? 0;
  return rows;
}

/** Of a matrix of nodes x nodes, row by row: what layOutEdges put there. */
export function edgesOf(matrix: readonly number[], nElements: number): number[] {
  const nNodes = Math.sqrt(matrix.length);
  return matrix.filter((_, at) => at % nNodes >= Math.floor(at / nNodes)).slice(0, nElements);
}

function npyOfEdges(values: Float32Array | Float64Array): Buffer {
  const rows = matrixOfEdges(values);
  const shape = [rows.length, rows.length];
  return values instanceof Float64Array
    ? npyBytes({ descr: "<f8", shape, data: bytesOf(Float64Array.from(rows.flat())) })
    : npyBytes({ shape, data: bytesOf(Float32Array.from(rows.flat())) });
}

/** Those elements, in the form that -mask and -posthoc take. Vectors have neither. */
export function writeMaskFor(
  run: EitherRun,
  name: string,
  isInside: (element: number) => boolean,
  nElements = 24,
): string {
  const inside = Float32Array.from({ length: nElements }, (_, i) => Number(isInside(i)));
  const isMatrix = run.command === "connectomestats";
  const path = run.at(`${name}.${isMatrix ? "csv" : "mif"}`);
  const rows = () => matrixOfEdges(inside).map((row) => row.join(","));
  fs.writeFileSync(path, isMatrix ? `${rows().join("\n")}\n` : rawFixelData(inside));
  return path;
}

/** A regressor that differs between elements, in the form that the command takes. */
export function writeColumnFor(run: EitherRun, nSubjects = 8, nElements = 24): string {
  const rows = Array.from({ length: nSubjects }, (_, i) =>
    Float32Array.from({ length: nElements }, (__, j) => ((i * 7 + j * 5) % 11) / 4),
  );
  if (run.command === "vectorstats") {
    const data = bytesOf(Float32Array.from(rows.flatMap((row) => Array.from(row))));
    fs.writeFileSync(run.at("column.npy"), npyBytes({ shape: [nSubjects, nElements], data }));
    return run.at("column.npy");
  }
  if (run.command === "connectomestats") {
    for (const [i, row] of rows.entries()) fs.writeFileSync(run.at(`column-${i}.npy`), npyOfEdges(row));
    fs.writeFileSync(run.at("column.txt"), rows.map((_, i) => `column-${i}.npy\n`).join(""));
    return run.at("column.txt");
  }
  for (const [i, row] of rows.entries()) fs.writeFileSync(run.at(`column-${i}.mif`), rawFixelData(row));
  fs.writeFileSync(run.at("column.txt"), rows.map((_, i) => `column-${i}.mif\n`).join(""));
  return path.join(run.at("column.txt"));
}
