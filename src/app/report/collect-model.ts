// What a page of a model tells: each term with the correction that was asked for, its clusters and subjects.
import { componentsOf, tabulateClusters, type VisitNeighbours } from "../../report/clusters.js";
import { isIntercept } from "../../report/model-words.js";
import type { DataMap, Maybe, ModelData, ModelReportData, ModelTerm, Values } from "../../report/report-data.js";
import { meanOf, referenceOf } from "../../report/words.js";
import { normalFromLogUpper } from "../../stats/functions/normal.js";
import { adjustPValues, CORRECTIONS } from "../../stats/linear/adjust-p-values.js";
import { type CollectOptions, fitted } from "./collect.js";
import { mapsOfData, residualMap } from "./maps-of.js";
import type { ModelSource, RecordedFit } from "./model-source.js";
import { placeNeighbours } from "./neighbours.js";
import { readBackground } from "./read-background.js";
import { readSubjects } from "./read-subjects.js";
import { readTracts } from "./read-tracts.js";

const STATISTICS = ["estimate", "std.error", "statistic", "p.value", "edf", "ref.df"];
const METHODS: Readonly<Record<string, string>> = {
  fdr: "false discovery rate (Benjamini-Hochberg)",
  BH: "false discovery rate (Benjamini-Hochberg)",
  BY: "false discovery rate (Benjamini-Yekutieli)",
  bonferroni: "family-wise p (Bonferroni)",
  holm: "family-wise p (Holm)",
  hochberg: "family-wise p (Hochberg)",
  hommel: "family-wise p (Hommel)",
};

/** Statistics by their terms, in the order of the results: `poly(age, 2)1` has estimate, p.value, p.value.fdr. */
function termsOf(names: readonly string[]): Map<string, string[]> {
  const endings = [...STATISTICS, ...CORRECTIONS.map((method) => `p.value.${method}`)];
  const terms = new Map<string, string[]>();
  for (const name of names) {
    const ending = endings.filter((one) => name.endsWith(`.${one}`)).sort((a, b) => b.length - a.length)[0];
    if (ending === undefined) continue;
    const term = name.slice(0, -ending.length - 1);
    terms.set(term, [...(terms.get(term) ?? []), ending]);
  }
  return terms;
}

function modelMaps(
  sigma: Float64Array | undefined,
  missingCounts: Float32Array | undefined,
  { kind, nElements }: Pick<ModelSource, "kind" | "nElements">,
): DataMap[] {
  const maps = mapsOfData({ kind, nElements, missingCounts, unconnected: undefined });
  return sigma === undefined ? maps : [residualMap(sigma, kind), ...maps];
}

/** Of every model, whatever was asked. */
const isAside = (term: string): boolean => isIntercept(term) || term === "model";

/** What was asked first, then the model as a whole and what is no question. */
function inOrder(terms: ReadonlyMap<string, string[]>): [string, string[]][] {
  const rank = (term: string) => (isAside(term) ? (isIntercept(term) ? 2 : 1) : 0);
  return [...terms].sort(([a], [b]) => rank(a) - rank(b));
}

/** Throws InputError: background and masks; the reason of `signal`. */
export async function collectModel(
  source: ModelSource,
  place: string,
  { background, tracts, tableBase, signal }: CollectOptions,
): Promise<ModelReportData> {
  const { record, kind, geometry, nElements, values } = source;
  const model = modelOf(record);
  const known = "found" in model ? model.found : undefined;
  const remarks: string[] = [];
  const labelled = tracts === undefined ? undefined : readTracts(tracts, geometry);
  remarks.push(...(labelled?.remarks ?? []));
  const behind = background === undefined ? undefined : readBackground(background, geometry);
  const factors = known?.factors.map((name) => values.get(`${name}.estimate`));
  const all = factors?.every((factor) => factor !== undefined) ? (factors as Float64Array[]) : undefined;
  const visit = geometry === undefined ? () => {} : placeNeighbours(geometry, 26);
  const hypotheses: ModelTerm[] = [];
  for (const [term, statistics] of inOrder(termsOf(source.names))) {
    signal?.throwIfAborted();
    if (!statistics.some((one) => one === "statistic" || one === "p.value" || one === "estimate")) continue;
    const taken = hypotheses.map(({ name }) => name);
    hypotheses.push(
      collectTerm({ term, statistics, source, known, factors: all, visit, taken, tracts: labelled?.tracts ?? [] }),
    );
  }
  if (hypotheses.length === 0) remarks.push("The analysis has no statistics of terms that are known here.");
  const subjects = record?.subjects ?? [];
  const scalar = record?.scalar ?? (record === undefined ? "the value" : (record.formula.split("~")[0] ?? "").trim());
  const read =
    record?.data === undefined || subjects.length === 0
      ? nowhere("The results do not say where the values of subjects are.")
      : await readSubjects(
          { store: { path: record.data }, scalar: record.scalar, subjects: subjects.map((name) => ({ name })) },
          hypotheses,
          {
            ...{ hasColumns: source.hasColumns, nElements, signal },
          },
        );
  return {
    ...{ kind, place, nElements, hypotheses, model, subjects, geometry, network: undefined, remarks, tableBase },
    scalar,
    clustersBy:
      geometry === undefined
        ? "each by itself"
        : `connected over the 26 neighbouring voxels${kind === "fixel" ? ", fixels within 45° of each other" : ""}, coefficients of one sign`,
    ...{ effects: read.effects, check: read.check },
    maps: modelMaps(values.get("model.sigma"), "missingCounts" in read ? read.missingCounts : undefined, {
      kind,
      nElements,
    }),
    background: behind,
    mean:
      known &&
      all &&
      fitted(
        known.factors.map((_, i) => meanOf(known, i)),
        all,
      ),
    ...{ analysis: source.analysis, fitted: record, statistics: source.names },
    medians: source.names
      .filter((name) => /^model\.(adj\.)?r\.squared$|^model\.dev\.expl$/.test(name))
      .flatMap((name) => {
        const found = values.get(name);
        return found === undefined ? [] : [{ name: MEDIANS[name.slice(6)] ?? name, value: medianOf(found) }];
      }),
  };
}

const MEDIANS: Readonly<Record<string, string>> = {
  "r.squared": "R²",
  "adj.r.squared": "adjusted R²",
  "dev.expl": "share of the deviance explained",
};

const nowhere = (missing: string) => ({ effects: { missing }, check: { missing } });

function modelOf(record: RecordedFit | undefined): Maybe<ModelData> {
  if (record?.design === undefined)
    return { missing: "The results do not say what the design was: it was large, or another program made them." };
  const { columns, rows } = record.design;
  return {
    found: {
      ...{ design: rows.map((row) => row.split(" ").map(Number)), factors: columns, isNamed: true },
      ...{ nElementColumns: 0, varianceGroups: undefined, levels: record.levels },
    },
  };
}

interface TermInputs {
  readonly term: string;
  readonly statistics: readonly string[];
  readonly source: ModelSource;
  readonly known: ModelData | undefined;
  readonly factors: readonly Values[] | undefined;
  readonly visit: VisitNeighbours;
  /** Names of the terms before. */
  readonly taken: readonly string[];
  readonly tracts: Parameters<typeof tabulateClusters>[0]["tracts"];
}

function collectTerm(inputs: TermInputs): ModelTerm {
  const { term, statistics, source, known, factors, visit, taken, tracts } = inputs;
  const { values, nElements, geometry } = source;
  const read = (what: string) => values.get(`${term}.${what}`);
  const nothing = () => new Float64Array(nElements).fill(Number.NaN);
  const of =
    term === "model"
      ? "model"
      : statistics.includes("estimate") || !isSmooth(statistics, term)
        ? "coefficient"
        : "smooth";
  const effect = of === "coefficient" ? read("estimate") : undefined;
  const singleP = read("p.value");
  const statistic = read("statistic") ?? effect ?? nothing();
  const given = statistics.filter((one) => one.startsWith("p.value.")).map((one) => one.slice("p.value.".length));
  const corrected = given[0];
  const p = corrected !== undefined ? read(`p.value.${corrected}`) : singleP && adjustPValues(singleP, "fdr");
  const z = singleP === undefined ? nothing() : zOf(singleP, of === "coefficient" ? (effect ?? statistic) : undefined);
  const column = known?.factors.indexOf(term) ?? -1;
  const contrast = column < 0 ? undefined : [known!.factors.map((_, j) => (j === column ? 1 : 0))];
  const reference = contrast && effect && factors && referenceOf(contrast[0]!, known!);
  const against = reference && fitted(reference.row, factors!);
  const members: number[] = [];
  if (p !== undefined) for (let i = 0; i < p.length; i++) if (p[i]! < 0.05) members.push(i);
  const significant = Uint32Array.from(members);
  const clusters = tabulateClusters({
    members: significant,
    component: componentsOf(significant, nElements, ofOneSign(visit, effect)),
    ...{ p: p ?? nothing(), z, statistic, enhanced: z.map(Math.abs), effect, reference: against },
    ...{ geometry, network: undefined, tracts },
  });
  const name = plainName(term, taken);
  return {
    ...{ name, term, of, kind: of === "coefficient" ? "t" : "F", rank: 1, contrast, statistic, z, p, effect },
    ...{ significant, clusters, singleP, reference, summary: {}, enhanced: undefined },
    label: name === term ? undefined : term,
    pWords: METHODS[corrected ?? "fdr"] ?? `p corrected by ${corrected}`,
    isAside: isAside(term),
    isCorrectedHere: corrected === undefined && singleP !== undefined,
    percent: against && effect!.map((value, i) => (against[i]! > 0 ? (100 * value) / against[i]! : Number.NaN)),
    ...{ nullMaxima: undefined, contributions: undefined },
    others: given.slice(1).flatMap((method) => {
      const other = read(`p.value.${method}`);
      return other === undefined
        ? []
        : [{ words: METHODS[method] ?? method, nBelow: other.filter((one) => one < 0.05).length }];
    }),
    medianEdf: of === "smooth" && read("edf") !== undefined ? medianOf(read("edf")!) : undefined,
  };
}

/** A test of both directions finds both: they are not one cluster. */
const ofOneSign =
  (visit: VisitNeighbours, effect: Values | undefined): VisitNeighbours =>
  (element, found) =>
    visit(element, (other) => {
      if (effect === undefined || effect[element]! > 0 === effect[other]! > 0) found(other);
    });

/** ModelArray writes `s_age` for `s(age)`. */
const isSmooth = (statistics: readonly string[], term: string): boolean =>
  statistics.includes("edf") || /^s[(_]/.test(term);

/** As a normal deviate that has that two-sided p; `signs` undefined: above 0. */
function zOf(p: Float64Array, signs: Values | undefined): Float64Array {
  return p.map((value, i) => {
    if (Number.isNaN(value)) return Number.NaN;
    const size = normalFromLogUpper(Math.log(Math.max(value, Number.MIN_VALUE) / 2));
    return signs !== undefined && signs[i]! < 0 ? -size : size;
  });
}

/** For files and names in the page. */
function plainName(term: string, taken: readonly string[]): string {
  const plain = term.replace(/[^\p{L}\p{N}.-]+/gu, "_").replace(/^_+|_+$/g, "") || "term";
  let name = plain;
  for (let i = 2; taken.includes(name); i++) name = `${plain}_${i}`;
  return name;
}

function medianOf(values: Float64Array): number {
  const sorted = values.filter((value) => Number.isFinite(value)).sort();
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
