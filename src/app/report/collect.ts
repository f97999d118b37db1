// Everything that a report tells, out of what a run left on disk.

import { componentsOf, tabulateClusters } from "../../report/clusters.js";
import { adjustedWords } from "../../report/more-words.js";
import type { HypothesisData, Kind, ModelData, Reference, ReportData, Values } from "../../report/report-data.js";
import { FAMILY_WISE_P, JOINT_P, meanOf, referenceOf } from "../../report/words.js";
import { ENHANCED, postfixOf, sharedPostfixOf } from "../../results/result-list.js";
import { isMirrored } from "../../stats/inference/families.js";
import { DEFAULT_VECTOR_SCALAR } from "../../store/manifest.js";
import type { FoundResults } from "./find-results.js";
import { mapsOf } from "./maps-of.js";
import { edgeNeighbours, fixelNeighbours, type Neighbours, placeNeighbours } from "./neighbours.js";
import { readBackground } from "./read-background.js";
import { readBlocks } from "./read-blocks.js";
import { readModel } from "./read-model.js";
import { readSubjects, type SubjectInputs } from "./read-subjects.js";
import { readTracts, type Tract } from "./read-tracts.js";
import { openResults, type ResultReader } from "./read-values.js";

interface RecordedHypothesis {
  readonly name: string;
  readonly kind: "t" | "F";
  readonly rank: number;
  readonly label?: string;
  /** Where a test is two-tailed. */
  readonly test?: string;
  readonly direction?: "positive" | "negative";
}

export interface CollectOptions {
  /** An image drawn behind the elements. */
  readonly background?: string | undefined;
  /** A directory of masks that clusters are named by. */
  readonly tracts?: string | undefined;
  /** In front of the names of tables. */
  readonly tableBase: string;
  readonly signal?: AbortSignal | undefined;
}

/** Of a run that was joined with others: what its hypotheses are by all of them together. */
export interface JointTests {
  readonly nShuffles: number;
  /** [nShuffles]: of all runs. */
  readonly maxima: Float64Array;
  summaryOf(hypothesis: string): HypothesisData["summary"];
  /** Of the joint image, `postfix` as the run has it. */
  fileOf(postfix: string): string;
}

/** Throws InputError for results that are not there, or not as run.json has them; the reason of `signal`. */
export async function collectReport(
  found: FoundResults,
  { background, tracts, tableBase, signal, joint }: CollectOptions & { readonly joint?: JointTests | undefined },
): Promise<ReportData> {
  const { record, place, base } = found;
  const kind = record.runPlan.kind as Kind;
  const reader = await openResults(found, kind);
  const { model, contrast } = await readModel(record);
  const remarks: string[] = [];
  const neighbours = neighboursOf(kind, found, reader);
  if (neighbours.remark !== undefined) remarks.push(neighbours.remark);
  if (found.isChanged) remarks.push("run.json is not as it was written: what is taken from it may be wrong.");
  const labelled = tracts === undefined ? undefined : readTracts(tracts, reader.geometry);
  remarks.push(...(labelled?.remarks ?? []));
  const behind = background === undefined ? undefined : readBackground(background, reader.geometry);
  const known = "found" in model ? model.found : undefined;
  const factors = known && (await reader.readFactors(known.factors.length));
  const hypotheses: HypothesisData[] = [];
  const all = (record.problem as { hypotheses: readonly RecordedHypothesis[] }).hypotheses;
  try {
    for (const h of all.keys()) {
      signal?.throwIfAborted();
      hypotheses.push(
        await collectHypothesis({
          tracts: labelled?.tracts ?? [],
          found,
          reader,
          known,
          factors,
          neighbours,
          remarks,
          all,
          h,
          joint,
          contrast: contrast(all[h]!.name),
        }),
      );
    }
  } finally {
    neighbours.close();
  }
  const { subjects, scalar } = record.inputs as { subjects?: readonly { name: string }[]; scalar?: string };
  const read = await readSubjects(record.inputs as SubjectInputs, hypotheses, {
    ...{ hasColumns: reader.columns === "same", nElements: reader.nElements, signal },
  });
  return {
    maps: await mapsOf(reader, { kind, missingCounts: read.missingCounts, unconnected: neighbours.unconnected }),
    ...{ kind, record, place, hypotheses, model, remarks, tableBase },
    recordName: `${base}run.json`,
    nElements: reader.nElements,
    // what stores call values that nobody named
    scalar: scalar === undefined || scalar === DEFAULT_VECTOR_SCALAR ? "the value" : scalar,
    subjects: (subjects ?? []).map(({ name }) => name),
    geometry: reader.geometry,
    network: reader.network,
    clustersBy: neighbours.words,
    blocks: await readBlocks(record),
    effects: read.effects,
    check: read.check,
    background: behind,
    mean:
      known &&
      factors &&
      fitted(
        known.factors.map((_, i) => meanOf(known, i)),
        factors,
      ),
    files: record.files,
  };
}

function neighboursOf(
  kind: Kind,
  { record }: FoundResults,
  { nElements, geometry, network }: ResultReader,
): Neighbours {
  const { connectivity } = record.options as { connectivity?: string | boolean };
  if (kind === "fixel")
    return fixelNeighbours(typeof connectivity === "string" ? connectivity : undefined, nElements, geometry!);
  if (kind === "voxel") {
    const { enhancement } = record.runPlan;
    const by = "graph" in enhancement ? enhancement.graph.connectivity : connectivity === true ? 26 : 6;
    return { visit: placeNeighbours(geometry!, by), words: `connected over ${by} neighbouring voxels`, close() {} };
  }
  if (kind === "edge") return { visit: edgeNeighbours(network!), words: "connected over shared nodes", close() {} };
  return { visit() {}, words: "each by itself", close() {} };
}

interface HypothesisInputs {
  readonly found: FoundResults;
  readonly reader: ResultReader;
  readonly known: ModelData | undefined;
  readonly factors: readonly Values[] | undefined;
  readonly neighbours: Neighbours;
  readonly tracts: readonly Tract[];
  /** Added to. */
  readonly remarks: string[];
  readonly all: readonly RecordedHypothesis[];
  readonly h: number;
  readonly joint: JointTests | undefined;
  readonly contrast: readonly (readonly number[])[] | undefined;
}

async function collectHypothesis(inputs: HypothesisInputs): Promise<HypothesisData> {
  const { found, reader, known, factors, neighbours, tracts, remarks, all, h, contrast, joint } = inputs;
  const { name, kind, rank, label } = all[h]!;
  const postfix = postfixOf({ hypotheses: all }, h);
  const read = (what: string) => reader.read(`${what}${postfix}`);
  const shared = sharedPostfixOf({ hypotheses: all }, h);
  const observed = async (what: string) => {
    const values = await reader.read(`${what}${shared}`);
    return isMirrored(all, h) ? values?.map((value) => -value) : values;
  };
  const { record } = found;
  const recorded = (record.results as { hypotheses?: readonly HypothesisData["summary"][] }).hypotheses?.[h];
  const summary = joint?.summaryOf(name) ?? recorded ?? {};
  const nothing = () => new Float32Array(reader.nElements).fill(Number.NaN);
  const statistic = (await observed(`${kind}value`)) ?? nothing();
  const z = (await observed("Zstat")) ?? statistic;
  const enhanced = (await firstOf(ENHANCED, read)) ?? undefined;
  const nShuffles = Number(record.problem.nShuffles);
  const tested =
    joint === undefined
      ? await correctedOf(read, summary, nShuffles)
      : {
          ...{ words: JOINT_P, least: summary.smallestP ?? 1 / joint.nShuffles, nShuffles: joint.nShuffles },
          complement: await reader.readFile(joint.fileOf(postfix)),
        };
  const p = tested && pValues(tested.complement, { statistic, least: tested.least });
  const effect = kind === "t" ? await observed("abs_effect") : undefined;
  const reference: Reference | undefined =
    kind === "t" && contrast !== undefined && known !== undefined ? referenceOf(contrast[0]!, known) : undefined;
  const of = reference && factors && fitted(reference.row, factors);
  const significant = p === undefined ? new Uint32Array(0) : significantOf(p, tested!.nShuffles);
  if (
    tested?.nShuffles !== undefined &&
    summary.significant !== undefined &&
    summary.significant !== significant.length
  )
    remarks.push(
      `${name}: the run counted ${summary.significant} significant, the images here give ${significant.length}: p-values that tie are counted otherwise.`,
    );
  const clusters = tabulateClusters({
    members: significant,
    component: componentsOf(significant, reader.nElements, neighbours.visit),
    p: p ?? nothing(),
    ...{
      z,
      statistic,
      enhanced,
      effect,
      reference: of,
      geometry: reader.geometry,
      network: reader.network,
      tracts,
    },
  });
  return {
    ...{ name, kind, rank, label, contrast, statistic, z, enhanced, p, effect, significant, clusters, summary },
    pWords: tested?.words ?? FAMILY_WISE_P,
    percent: of && effect?.map((value, i) => (of[i]! > 0 ? (100 * value) / of[i]! : Number.NaN)),
    reference: of && reference,
    nullMaxima: joint?.maxima ?? (await reader.readNull(`null_dist${shared}`)) ?? (await reader.readNull("null_dist")),
    contributions: joint === undefined ? await read("null_contributions") : undefined,
  };
}

interface Tested {
  /** 1 - p. */
  readonly complement: Values;
  readonly words: string;
  /** No p is smaller. */
  readonly least: number;
  /** Undefined: not counted in shuffles. */
  readonly nShuffles: number | undefined;
}

/** The family-wise p of the shuffles, or, where there were none, what single p-values were adjusted to. */
async function correctedOf(
  read: (what: string) => Promise<Values | undefined>,
  { smallestP, adjusted = [] }: HypothesisData["summary"],
  nShuffles: number,
): Promise<Tested | undefined> {
  const familyWise = await read("fwe_1mpvalue");
  if (familyWise !== undefined)
    return { complement: familyWise, words: FAMILY_WISE_P, least: smallestP ?? 1 / nShuffles, nShuffles };
  for (const one of adjusted) {
    const complement = await read(`${one.of}_${one.method}_1mpvalue`);
    if (complement !== undefined)
      return { complement, words: adjustedWords(one), least: one.smallestP, nShuffles: undefined };
  }
  return undefined;
}

async function firstOf(names: readonly string[], read: (name: string) => Promise<Values | undefined>) {
  for (const name of names) {
    const values = await read(name);
    if (values !== undefined) return values;
  }
  return undefined;
}

/** Images hold the share of the null that is not above: 1 for the largest of all, whose p is the smallest there is. */
function pValues(familyWise: Values, { statistic, least }: { statistic: Values; least: number }): Float32Array {
  const p = new Float32Array(familyWise.length);
  for (let i = 0; i < p.length; i++)
    p[i] = Number.isFinite(statistic[i]!) ? Math.min(1, Math.max(1 - familyWise[i]!, least)) : Number.NaN;
  return p;
}

/** p < 0.05, counted in whole shuffles where it is a share of them: 1 - 0.95 of float32 is not below. */
function significantOf(p: Float32Array, nShuffles: number | undefined): Uint32Array {
  const found: number[] = [];
  for (let i = 0; i < p.length; i++) {
    if (nShuffles === undefined) {
      if (p[i]! < 0.05) found.push(i);
      continue;
    }
    const shuffles = p[i]! * nShuffles;
    const whole = Math.round(shuffles);
    const isWhole = Math.abs(shuffles - whole) < 0.01;
    if (isWhole ? 20 * whole < nShuffles : p[i]! < 0.05) found.push(i);
  }
  return Uint32Array.from(found);
}

/** Of each element: the row of the design times its effects. */
export function fitted(row: readonly number[], factors: readonly Values[]): Float64Array {
  const out = new Float64Array(factors[0]!.length);
  for (const [f, values] of factors.entries()) {
    const weight = row[f] ?? 0;
    if (weight === 0) continue;
    for (let i = 0; i < out.length; i++) out[i]! += weight * values[i]!;
  }
  return out;
}
