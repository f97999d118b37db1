// Whole runs of fixelcfestats as a user starts them: wall time of the command, its phases, its memory.

import { infer, phasesOf } from "../tools/inference.mjs";
import { expectSame } from "../tools/measure.mjs";

const MIB = 2 ** 20;
const SPEED = {
  quick: { n: 100, m: 20_000, k: 400, shuffles: 512, memory: "512MiB" },
  full: { n: 200, m: 100_000, k: 400, shuffles: 2000, memory: "512MiB" },
};
/** The null of the same problem must not depend on threads: the first run leaves its own here. */
const seen = new Map();

function checkNull(key, values) {
  const text = values.join(" ");
  if (seen.has(key)) expectSame(`null distribution of ${key}`, text, seen.get(key));
  else seen.set(key, text);
}

/** What Node, the program's code and its threads take beside --memory: 72 MiB stand when the command line is parsed, the rest is heap and compiled code. */
const fixedMiB = (threads) => 130 + 20 * threads;

function memoryFigures(run, memoryMiB, threads) {
  const { plannedBytes } = run.record.memory;
  return [
    { name: "planned", value: plannedBytes / MIB, unit: "MiB", atMost: memoryMiB },
    { name: "peak of the process", value: run.peakBytes / MIB, unit: "MiB" },
    { name: "peak beyond --memory", value: run.peakBytes / MIB - memoryMiB, unit: "MiB", atMost: fixedMiB(threads) },
  ];
}

const speedCase = (threads, fresh, precision = "double") => ({
  group: "whole runs",
  name: `fixelcfestats, ${threads} thread${threads === 1 ? "" : "s"}, ${precision}${fresh ? ", nothing prepared" : ", prepared before"}`,
  quick: precision === "double",
  async run(context) {
    const size = SPEED[context.mode];
    const run = await infer(context, { ...size, threads, fresh, extra: ["--precision", precision] });
    checkNull(`${precision} ${size.n} ${size.m}`, run.null);
    const cost = (ms) => (ms * 1e6 * threads) / (size.m * size.k * size.shuffles);
    const { gather, bin, enhance, reduce } = run.record.timings;
    return {
      note: `${size.m} fixels x ${size.k} connections x ${size.n} subjects, ${size.shuffles} shuffles, ${size.memory}; phases: ${phasesOf(run.record)}`,
      figures: [
        { name: "all told", value: run.ms / 1e3, unit: "s" },
        { name: "a connection, shuffle and core, all told", value: cost(run.ms), unit: "ns", atMost: 0.8 },
        { name: "the same in processor time", value: cost(run.cpuMs / threads), unit: "ns" },
        { name: "the shuffles alone", value: cost(gather + bin + enhance + reduce), unit: "ns" },
        { name: "of the wall time explained by run.json", value: run.explained, unit: "ratio", atLeast: 0.95 },
        ...memoryFigures(run, 512, threads),
      ],
    };
  },
});

const memoryCase = (n, threads, quick) => ({
  group: "memory",
  name: `n = ${n} at 256 MiB, ${threads} thread${threads === 1 ? "" : "s"}`,
  quick,
  async run(context) {
    const size = { n, m: context.mode === "quick" ? 20_000 : 100_000, k: 400, shuffles: 256, memory: "256MiB" };
    const run = await infer(context, { ...size, threads, fresh: threads === 1 });
    checkNull(`256 MiB ${n} ${size.m}`, run.null);
    return {
      note: `${size.m} fixels x ${size.k} connections, ${size.shuffles} shuffles; phases: ${phasesOf(run.record)}`,
      figures: [
        ...memoryFigures(run, 256, threads),
        { name: "all told", value: run.ms / 1e3, unit: "s" },
        { name: "of the wall time explained by run.json", value: run.explained, unit: "ratio", better: "more" },
      ],
    };
  },
});

/** Run in turns (with, without, without, with): the machine does not stay the same for minutes. The better of each counts. */
const checksumCase = {
  group: "whole runs",
  name: "fixelcfestats, checksums compared and not (--no-verify), prepared before",
  quick: true,
  async run(context) {
    const full = context.mode === "full";
    const size = { ...SPEED[context.mode], threads: 2, shuffles: full ? 2500 : 256 };
    await infer(context, { ...size, shuffles: 1, fresh: true });
    const runs = { compared: [], not: [] };
    for (const which of ["compared", "not", "not", "compared"]) {
      const run = await infer(context, { ...size, extra: which === "not" ? ["--no-verify"] : [] });
      checkNull(`checksums ${size.n} ${size.m}`, run.null);
      runs[which].push(run);
    }
    const best = (of) => ({ compared: Math.min(...runs.compared.map(of)), not: Math.min(...runs.not.map(of)) });
    const all = best(({ ms }) => ms);
    const observe = best(({ record }) => record.timings.observe);
    const matrix = best(({ record }) => record.timings.connectivity);
    const check = best(({ record }) => record.timings.check);
    const bytes = size.n * size.m * 4 + size.m * size.k * 8;
    return {
      note: `${size.m} fixels x ${size.k} connections x ${size.n} subjects, ${size.shuffles} shuffles: ${(bytes / 1e6).toFixed(0)} MB of store and matrix`,
      figures: [
        { name: "all told", value: all.compared / 1e3, unit: "s" },
        {
          name: "time of the run without",
          value: all.compared / all.not,
          unit: "ratio",
          better: "less",
          atMost: full ? 1.05 : undefined,
        },
        { name: "more in the observed pass (store)", value: observe.compared - observe.not, unit: "ms" },
        { name: "more before it (prepared matrix)", value: matrix.compared - matrix.not, unit: "ms" },
        { name: "more while inputs are looked at", value: check.compared - check.not, unit: "ms" },
        {
          name: "of the run, by these phases",
          value:
            (observe.compared - observe.not + matrix.compared - matrix.not + check.compared - check.not) / all.compared,
          unit: "ratio",
          better: "neither",
          atMost: full ? 0.05 : undefined,
        },
      ],
    };
  },
};

export const runCases = [checksumCase, speedCase(2, true), speedCase(1, false), speedCase(2, false, "single")];
export const memoryCases = [
  memoryCase(200, 1, true),
  memoryCase(200, 2, true),
  memoryCase(2000, 1, false),
  memoryCase(2000, 2, false),
];
