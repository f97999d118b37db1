// fixelstream demo: the main job on the cohorts that come with the package: fixels, voxels, edges.
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import type { InferenceEvents, InferenceSummary } from "../../app/analyse/analyse.js";
import { ANALYSIS_DEFAULTS, CFE_DEFAULTS, TFCE_DEFAULTS } from "../../app/analyse/options.js";
import type { TruthComparison } from "../../app/demo/compare-with-truth.js";
import { UsageError } from "../../errors.js";
import type { CliStreams } from "../cli-streams.js";
import { describeHelp } from "../help.js";
import { createProgress } from "../listeners/progress.js";
import { nearest } from "../near-miss.js";
import { addStandardOptions, type StandardOptions } from "../options/standard.js";
import { printSummary } from "../print.js";
import { addReport } from "./add-report.js";
import { formatInferenceSummary } from "./format-summary.js";

const HELP = {
  usages: ["[output] [options]", "fixels|voxels|edges [output] [options]"],
  about: [
    "Analyse a cohort that comes with fixelstream (fixels, unless voxels or edges are asked for), look for the effect that was planted in it, and say what was found and where. Of fixels every step is run: the connectivity of streamlines, which are generated, the conversion, smoothing and the test.",
  ],
  examples: ["demo", "demo edges", "demo voxels /tmp/demo -quiet"],
};

const KINDS = ["fixels", "voxels", "edges"] as const;
type Kind = (typeof KINDS)[number];

export function define(command: Command, streams: CliStreams): Command {
  describeHelp(command, HELP)
    .argument("[what]", "fixels, voxels or edges (default: fixels)")
    .argument("[output]", "where to put what is made: stores, results (default: demo-output)");
  addStandardOptions(command);
  return command.action(async () => {
    const { kind, output } = resolveArguments(command.args);
    await runDemo(kind, output, command.opts<StandardOptions>(), streams);
  });
}

const isKind = (word: string | undefined): word is Kind => (KINDS as readonly (string | undefined)[]).includes(word);

/** One argument that is no kind is the output. Throws UsageError: two, or one that is nearly a kind. */
function resolveArguments([first, second]: readonly string[]): { kind: Kind; output: string } {
  const output = "demo-output";
  if (first === undefined) return { kind: "fixels", output };
  if (isKind(first)) return { kind: first, output: second ?? output };
  const [near] = nearest(first, KINDS);
  if (second !== undefined || near !== undefined) {
    const hint = near === undefined ? "" : ` Did you mean ${near}? For a directory of this name write ./${first}.`;
    throw new UsageError(`Cannot run the demo of ${first}: expected fixels, voxels or edges, got another word.${hint}`);
  }
  return { kind: "fixels", output: first };
}

/** A command before the analysis. */
interface Step {
  /** Without `fixelstream`. */
  readonly line: string;
  run(): Promise<unknown>;
}

interface Demo {
  /** What is in it, before the commands. */
  readonly about: string;
  readonly steps: readonly Step[];
  /** Without `fixelstream`. */
  readonly inference: string;
  readonly elements: Kind;
  infer(events: InferenceEvents): Promise<InferenceSummary>;
  compare(): TruthComparison | Promise<TruthComparison>;
  /** The result of the last sentence. */
  readonly look: string;
}

interface Places {
  /** Of the cohort. */
  at(name: string): string;
  /** Of what is made. */
  made(name: string): string;
  readonly store: string;
  readonly stats: string;
  readonly signal: AbortSignal | undefined;
}

/** Of every analysis here. */
const SHARED = { ...ANALYSIS_DEFAULTS, seed: 1, force: true };
const WORK = { memoryBytes: SHARED.memoryBytes, force: true };

async function fixelsOf({ at, made, store, stats, signal }: Places): Promise<Demo> {
  const { inferFixels } = await import("../../app/analyse/fixels.js");
  const { makeConnectivity } = await import("../../app/connectivity/make-connectivity.js");
  const { convertFixels } = await import("../../app/convert/convert.js");
  const { compareWithTruth } = await import("../../app/demo/compare-with-truth.js");
  const { writeDemoTracks } = await import("../../app/demo/demo-tracks.js");
  const { filterFixels } = await import("../../app/filter/fixel-filter.js");
  const { FILTER_DEFAULTS } = await import("../../app/filter/options.js");
  const [fd, subjects, design, contrast] = ["fd", "subjects.txt", "design.tsv", "contrast.txt"].map(at) as [
    string,
    string,
    string,
    string,
  ];
  const [tracks, matrix, smooth] = ["tracks.tck", "matrix", "smooth.fxs"].map(made) as [string, string, string];
  const nThreads = availableParallelism();
  const connection = `fixelconnectivity ${fd} ${tracks} ${matrix} -force`;
  const conversion = `convert fixels ${fd} ${subjects} ${store} -force`;
  const smoothing = `fixelfilter ${store} smooth ${smooth} -matrix ${matrix} -force`;
  const inference = `fixelcfestats ${smooth} - ${design} ${contrast} ${matrix} ${stats} --seed 1 -force`;
  const paths = { input: smooth, subjects: "-", design, contrast, connectivity: matrix, output: stats };
  await writeDemoTracks(tracks);
  const steps = [
    {
      line: connection,
      run: () =>
        makeConnectivity({
          ...{ ...WORK, fixelDirectory: fd, tracks, output: matrix, nThreads, signal },
          command: `fixelstream ${connection}`,
        }),
    },
    {
      line: conversion,
      run: () =>
        convertFixels({
          ...{ inputDirectory: fd, subjectList: subjects, output: store, force: true },
          command: `fixelstream ${conversion}`,
        }),
    },
    {
      line: smoothing,
      run: () =>
        filterFixels({
          ...{ ...FILTER_DEFAULTS, ...WORK, input: store, filter: "smooth", output: smooth, matrix, nThreads, signal },
          ...{ mask: undefined, like: "3.0", scalar: undefined, template: undefined, kernels: "auto" },
          command: `fixelstream ${smoothing}`,
        }),
    },
  ];
  return {
    about:
      "The demo cohort: 20 controls and 20 patients on a template of two crossing bundles. Patients have lower fibre\n" +
      `density in one stretch of one bundle (246 fixels). Streamlines of both were made now: ${tracks}.`,
    ...{ steps, inference, elements: "fixels" },
    infer: (events) =>
      inferFixels(
        { ...{ ...SHARED, ...CFE_DEFAULTS, ...paths, command: `fixelstream ${inference}` }, nThreads },
        events,
      ),
    compare: () => compareWithTruth(at("truth.mif"), join(stats, "fwe_1mpvalue.mif")),
    look: join(stats, "fwe_1mpvalue.mif"),
  };
}

async function voxelsOf({ at, store, stats }: Places): Promise<Demo> {
  const { inferVoxels } = await import("../../app/analyse/voxels.js");
  const { convertVoxels } = await import("../../app/convert/convert-voxels.js");
  const { compareWithTruth } = await import("../../app/demo/compare-with-truth.js");
  const [list, design, contrast, mask] = ["list.txt", "design.tsv", "contrast.txt", "mask.nii.gz"].map(at) as [
    string,
    string,
    string,
    string,
  ];
  const conversion = `convert voxels ${list} ${mask} ${store} -force`;
  const inference = `mrclusterstats ${store} ${design} ${contrast} ${mask} ${stats}/ --seed 1 -force`;
  return {
    about: "The demo cohort: images of 12 controls and 12 patients, who are lower in one blob (57 voxels).",
    ...{ inference, elements: "voxels" },
    steps: [
      {
        line: conversion,
        run: () =>
          convertVoxels({
            ...{ list, mask, output: store, scalar: "values", force: true, memoryBytes: SHARED.memoryBytes },
            command: `fixelstream ${conversion}`,
          }),
      },
    ],
    infer: (events) =>
      inferVoxels(
        {
          ...{ ...SHARED, ...TFCE_DEFAULTS, input: store, design, contrast, mask, prefix: `${stats}/` },
          ...{ command: `fixelstream ${inference}`, nThreads: availableParallelism() },
        },
        events,
      ),
    compare: () => compareWithTruth(at("truth.nii.gz"), join(stats, "fwe_1mpvalue.mif")),
    look: join(stats, "fwe_1mpvalue.mif"),
  };
}

async function edgesOf({ at, store, stats }: Places): Promise<Demo> {
  const { inferEdges } = await import("../../app/analyse/edges.js");
  const { convertEdges } = await import("../../app/convert/convert-edges.js");
  const { compareConnectomes } = await import("../../app/demo/compare-with-truth.js");
  const [list, design, contrast, nodes] = ["list.txt", "design.tsv", "contrast.txt", "nodes.txt"].map(at) as [
    string,
    string,
    string,
    string,
  ];
  const conversion = `convert edges ${list} ${store} -force`;
  const inference = `connectomestats ${store} tfnbs ${design} ${contrast} ${stats}/ --nodes ${nodes} --seed 1 -force`;
  return {
    about:
      "The demo cohort: connectomes of 16 controls and 16 patients between 24 regions. Patients are weaker in the edges\n" +
      "among five of them (10 edges).",
    ...{ inference, elements: "edges" },
    steps: [
      {
        line: conversion,
        run: () =>
          convertEdges({
            ...{ list, output: store, scalar: "values", force: true, memoryBytes: SHARED.memoryBytes },
            command: `fixelstream ${conversion}`,
          }),
      },
    ],
    infer: (events) =>
      inferEdges(
        {
          ...{ ...SHARED, algorithm: "tfnbs", input: store, design, contrast, nodes, prefix: `${stats}/` },
          ...{ command: `fixelstream ${inference}`, nThreads: availableParallelism() },
        },
        events,
      ),
    compare: () => compareConnectomes(at("truth.csv"), join(stats, "fwe_1mpvalue.csv")),
    look: join(stats, "fwe_1mpvalue.csv"),
  };
}

async function runDemo(kind: Kind, output: string, typed: StandardOptions, streams: CliStreams): Promise<void> {
  const { prepareDemo } = await import("../../app/demo/demo-cohort.js");
  const cohort = prepareDemo(output, kind);
  const demoOf = { fixels: fixelsOf, voxels: voxelsOf, edges: edgesOf }[kind];
  const demo = await demoOf({
    at: (name) => join(cohort, name),
    made: (name) => join(output, name),
    signal: streams.signal,
    store: join(output, kind === "fixels" ? "cohort.fxs" : `${kind}.fxs`),
    stats: join(output, kind === "fixels" ? "stats" : `stats-${kind}`),
  });
  const say = async (text: string) => (typed.quiet ? undefined : await printSummary(streams, text));
  const count = demo.steps.length === 1 ? "two" : "four";
  await say(`${demo.about}\nThe same ${count} commands run on your own data:\n\n`);
  for (const { line, run } of demo.steps) {
    await say(`  fixelstream ${line}\n`);
    await run();
  }
  await say(`  fixelstream ${demo.inference}\n\n`);
  const progress = createProgress(streams.stderr, typed);
  const events = {
    onProgress: (phase: Parameters<typeof progress.update>[0], share: number) => progress.update(phase, share),
    signal: streams.signal,
  };
  const stats = join(output, kind === "fixels" ? "stats" : `stats-${kind}`);
  const inferred = await demo.infer(events).finally(() => progress.stop());
  const summary = await addReport(inferred, kind === "fixels" ? stats : `${stats}/`, {}, streams);
  const { nextStep } = await import("../../app/analyse/next-step.js");
  await say(formatInferenceSummary(summary, demo.elements, nextStep(summary)));
  const { planted, found, elsewhere } = await demo.compare();
  const record = join(stats, "run.json");
  await say(
    `\nOf the ${planted} ${kind} with a planted effect ${found} are significant (family-wise p < 0.05); of the others ${elsewhere}.\n` +
      `${demo.look} shows where; ${record} has what was run.\n` +
      (summary.report === undefined ? "" : `The report, to be opened in a browser: ${summary.report}\n`),
  );
}
