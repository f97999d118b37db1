// Sentences for the methods section of a paper, with the numbers of this run.
import type { RunRecord } from "../results/run-record.js";
import { adjustedWords } from "./more-words.js";
import { count, share, short } from "./numbers.js";
import { REFERENCES, type Reference } from "./references.js";
import { ELEMENTS, type ReportData } from "./report-data.js";
import { titleOf, verdictOf } from "./verdict.js";

export interface Methods {
  readonly paragraphs: readonly string[];
  readonly references: readonly Reference[];
}

export function methodsOf(data: ReportData): Methods {
  const { record, kind, scalar } = data;
  const { many } = ELEMENTS[kind];
  const { problem, runPlan, versions } = record;
  const model = "found" in data.model ? data.model.found : undefined;
  const enhancement = enhancementOf(data);
  const errors =
    { ee: "permutations", ise: "sign flips", both: "permutations and sign flips" }[runPlan.shuffles.errors as "ee"] ??
    "shuffles";
  const nShuffles = Number(problem.nShuffles);
  const groups = Number(problem.varianceGroups);
  const what = data.joined !== undefined ? inList(data.joined) : scalar === "the value" ? "the values" : scalar;
  const columns =
    model === undefined
      ? ""
      : ` with ${model.factors.length} columns (${model.factors.join(", ")})${model.nElementColumns > 0 ? ` and ${model.nElementColumns} that differ between ${many}` : ""}`;
  const tests = data.hypotheses.map((h) => titleOf(h, model)).join("; ");
  const verb = what === "the values" || (data.joined?.length ?? 1) > 1 ? "were" : "was";
  const isExhaustive = problem.exhaustive === true;
  const blocks = blocksInMethods(data);
  const more = moreInMethods(data);
  const paragraphs = [
    `${what === "the values" ? "The values" : what} of ${count(Number(problem.nSubjects))} subjects ${kind === "vector" ? "" : `in ${count(Number(problem.nElements))} ${many} `}${maskInMethods(data)}${verb} analysed by a general linear model${columns}; ${short(Number(problem.degreesOfFreedom))} degrees of freedom were left${groups > 1 ? `, with ${groups} groups of subjects of different variance` : ""}. Hypotheses: ${tests}.`,
    nShuffles === 0
      ? `No hypothesis was tested by permutation${more.text === "" ? "; effects and statistics only are reported" : ""}.${more.text}`
      : record.negativeBinomial !== undefined
        ? `${enhancement.text} ${oneByOne(data, { errors, blocks })}${more.text}`
        : `${enhancement.text} Family-wise error over ${testedOf(data)} was controlled by the distribution of the maximum over ${isExhaustive ? `all ${count(nShuffles)}` : `${count(nShuffles)} random`} ${errors}${blocks.text} (Freedman & Lane 1983; Winkler et al. 2014${blocks.cited}${isExhaustive ? "" : `; seed ${record.seed}`}), at p < 0.05, ${sidesOf(data)}${record.options.strong === true ? ", and over all hypotheses together" : ""}.${settledInMethods(record)}${more.text}`,
    `The analysis was done with fixelstream ${versions.fixelstream}, which gives the numbers of MRtrix3 (Tournier et al. 2019).`,
  ];
  const references = [
    ...(nShuffles === 0
      ? []
      : [...enhancement.references, REFERENCES.freedmanLane, REFERENCES.permutation, ...blocks.references]),
    ...(record.negativeBinomial === undefined || more.references.includes(REFERENCES.fasterPermutation)
      ? []
      : [REFERENCES.fasterPermutation]),
    ...more.references,
    REFERENCES.mrtrix,
  ];
  return { paragraphs: [...paragraphs, `Results. ${resultsInWords(data)}`], references };
}

function resultsInWords(data: ReportData): string {
  const results = data.hypotheses.map((h) => {
    const { headline, p, effect } = verdictOf(h, data);
    return `${h.name}: ${[headline, p, effect].filter((sentence) => sentence !== undefined).join(" ")}`;
  });
  return results.join(" ");
}

/** Of runs that were joined: said once where they have one design, and of each where they have not. */
export function jointMethods(runs: readonly ReportData[], { areAlike }: { readonly areAlike: boolean }): Methods {
  const [first] = runs as [ReportData];
  const { paragraphs, references } = methodsOf(first);
  const models = areAlike ? paragraphs.slice(0, 1) : runs.map(({ joined: _, ...run }) => methodsOf(run).paragraphs[0]!);
  return {
    paragraphs: [...models, ...paragraphs.slice(1, 3), `Results. ${runs.map(resultsInWords).join(" ")}`],
    references,
  };
}

/** `FD, FC and FDC` */
export const inList = (names: readonly string[]): string =>
  names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;

/** Voxels always have one. */
function maskInMethods({ record, kind }: ReportData): string {
  return kind === "fixel" || kind === "edge" ? (typeof record.options.mask === "string" ? "of a mask " : "") : "";
}

/** What the maximum is over. */
function testedOf({ record, kind, joined }: ReportData): string {
  const { many } = ELEMENTS[kind];
  const { nPosthoc } = record.problem;
  if (joined !== undefined) return `all ${many}, hypotheses and measures (${inList(joined)}) together`;
  return nPosthoc === undefined ? many : `the ${count(Number(nPosthoc))} ${many} of a mask chosen for this test`;
}

/** Of --negbin: there is no maximum, and nothing is corrected by it. */
function oneByOne(data: ReportData, { errors, blocks }: { errors: string; blocks: Said & { cited: string } }): string {
  const { record, kind } = data;
  const { n, asked } = record.negativeBinomial!;
  return `Each ${record.problem.nPosthoc === undefined ? ELEMENTS[kind].one : `of ${testedOf(data)}`} was tested by itself with random ${errors}${blocks.text}, which ended for it at the ${ordinal(n)} whose statistic was not smaller, and after ${count(asked)} at the latest (negative binomial approximation; Winkler et al. 2016${blocks.cited}; seed ${record.seed}), ${sidesOf(data)}; these p-values are not corrected for the number of ${ELEMENTS[kind].many}.`;
}

function ordinal(n: number): string {
  const ending = { one: "st", two: "nd", few: "rd", other: "th" } as Readonly<Record<string, string>>;
  return `${count(n)}${ending[new Intl.PluralRules("en", { type: "ordinal" }).select(n)] ?? "th"}`;
}

interface Said {
  readonly text: string;
  readonly references: readonly Reference[];
}

function sidesOf({ hypotheses, record }: ReportData): string {
  if (hypotheses.every(({ kind }) => kind === "F")) return "without a direction, as F-tests are";
  return record.options.twoTailed === true
    ? "in both directions of each t-test (two-tailed)"
    : "one-sided for each t-test";
}

function blocksInMethods({ record }: ReportData): Said & { readonly cited: string } {
  const { blocks } = record.runPlan.shuffles as { blocks: { kind: string } | null };
  if (blocks === null) return { text: "", cited: "", references: [] };
  const where = { within: "within", whole: "of whole" }[blocks.kind] ?? "within and of nested";
  return {
    text: ` ${where} exchangeability blocks`,
    cited: "; Winkler et al. 2015",
    references: [REFERENCES.blocks],
  };
}

function settledInMethods({ settled }: RunRecord): string {
  if (settled === undefined) return "";
  const { asked, done, confidence } = settled;
  return done < asked
    ? ` Of ${count(asked)} shuffles that were planned the first ${count(done)} were done: more would have moved no p across 0.05 (confidence ${share(confidence)}).`
    : ` Shuffling was to end as soon as more would move no p across 0.05, which did not come to pass.`;
}

/** By what else p-values were made; of all hypotheses alike. */
function moreInMethods({ hypotheses }: ReportData): Said {
  const found = hypotheses.map(({ summary }) => summary);
  const fits = (["tail", "gamma"] as const).filter((kind) => found.some((one) => one[kind]?.distribution));
  const adjusted = found.flatMap((one) => one.adjusted ?? []);
  const kinds = new Map(adjusted.map((one) => [adjustedWords(one), one.method]));
  const cited = { bh: " (Benjamini & Hochberg 1995)", by: " (Benjamini & Yekutieli 2001)", holm: " (Holm 1979)" };
  const fitted = {
    tail: "a generalised Pareto distribution fitted to the tail of the null",
    gamma: "a gamma distribution fitted to the null",
  };
  const said = [
    ...fits.map((kind) => ` Small p-values were also taken from ${fitted[kind]} (Winkler et al. 2016).`),
    ...(found.some((one) => one.parametric)
      ? [" Parametric p-values of single elements were taken from the distribution of the statistic."]
      : []),
    ...[...kinds].map(([words, method]) => ` Also reported: ${words}${cited[method as keyof typeof cited] ?? ""}.`),
  ];
  const methods = [...new Set(kinds.values())].flatMap((method) => (method === "bonferroni" ? [] : [method]));
  return {
    text: said.join(""),
    references: [
      ...(fits.length === 0 ? [] : [REFERENCES.fasterPermutation]),
      ...methods.map((method) => REFERENCES[method]),
    ],
  };
}

function enhancementOf({ record, kind }: ReportData): { text: string; references: Reference[] } {
  const { enhancement } = record.runPlan;
  const found = enhancement as unknown as Record<string, number> & { kind: string };
  const { nonStationarity } = record.problem;
  const adjusted =
    nonStationarity === undefined
      ? ""
      : " Enhanced statistics were corrected for non-stationarity (Salimi-Khorshidi et al. 2011).";
  const also = nonStationarity === undefined ? [] : [REFERENCES.nonStationarity];
  const with_ = (names: readonly (readonly [string, string])[]) =>
    names.flatMap(([key, name]) => (found[key] === undefined ? [] : [`${name} = ${found[key]}`])).join(", ");
  switch (found.kind) {
    case "cfe":
      return {
        text: `Statistics were enhanced by connectivity-based fixel enhancement (CFE; ${with_([
          ["dh", "dh"],
          ["extentPower", "E"],
          ["heightPower", "H"],
          ["exponent", "C"],
        ])}; Raffelt et al. 2015).${adjusted}`,
        references: [REFERENCES.cfe, ...also],
      };
    case "tfce":
      return {
        text: `Statistics were enhanced by threshold-free cluster enhancement (TFCE; ${with_([
          ["dh", "dh"],
          ["extentPower", "E"],
          ["heightPower", "H"],
        ])}; Smith & Nichols 2009).${adjusted}`,
        references: [REFERENCES.tfce, ...also],
      };
    case "cluster":
      return {
        text: `The statistic was the size of clusters above a threshold${found.threshold === undefined ? "" : ` of ${found.threshold}`}.${adjusted}`,
        references: also,
      };
    case "nbs":
      return {
        text: `The network-based statistic was used (NBS${found.threshold === undefined ? "" : `, threshold ${found.threshold}`}; Zalesky et al. 2010).${adjusted}`,
        references: [REFERENCES.nbs, ...also],
      };
    case "tfnbs":
      return {
        text: `Statistics were enhanced by threshold-free network-based statistics (TFNBS; ${with_([
          ["dh", "dh"],
          ["extentPower", "E"],
          ["heightPower", "H"],
        ])}; Baggio et al. 2018).${adjusted}`,
        references: [REFERENCES.tfnbs, ...also],
      };
    default:
      return {
        text: `Statistics of ${ELEMENTS[kind].many} were compared as they are, without enhancement.`,
        references: [],
      };
  }
}

export const methodsText = ({ paragraphs, references }: Methods): string =>
  `${paragraphs.join("\n\n")}\n\nReferences\n${references.map(({ text }) => text).join("\n")}\n`;

export const methodsMarkdown = ({ paragraphs, references }: Methods): string =>
  `## Statistics\n\n${paragraphs.join("\n\n")}\n\n### References\n\n${references.map(({ text }) => `- ${text}`).join("\n")}\n`;

export const methodsBibtex = ({ references }: Methods): string =>
  `${references.map(({ bibtex }) => bibtex).join("\n\n")}\n`;
