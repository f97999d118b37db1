// The command lines of test/golden. OUT stands for a name of the case's own; "OUT." is vectorstats' prefix.
import type { RunFacts } from "./golden-outputs.js";
import type { Place } from "./golden-places.js";
import { readPeerManifest, readVectorstatsCase, vectorstatsCases } from "./peer.js";

export interface GoldenCase {
  /** Unique: the key in golden.json. */
  readonly name: string;
  readonly place: Place;
  readonly tokens: readonly string[];
  /** The law: the same hashes as this earlier case. "everything" is not stored a second time; "values" where headers differ by design. */
  readonly sameAs?: { readonly name: string; readonly what: "everything" | "values" };
  /** What the run must say of itself, lest the case shows nothing. */
  readonly facts?: (facts: RunFacts) => boolean;
}

const ALONE = ["-nthreads", "0"];
const words = (text: string) => text.split(" ").filter(Boolean);
const SEVERAL_BATCHES = ({ nBatches }: RunFacts) => nBatches > 1;
const WIDE = ({ wideBatches }: RunFacts) => wideBatches > 0;

// ------------------------------------------------------------------------------------------------------------- as test/peers types them

/** As in fixelcfestats.test.ts. -nonstationarity is refused so far. */
const PEER_CASES = [
  ...["demo", "demo-mask", "demo-cfe-legacy", "demo-cfe-parameters", "demo-strong", "demo-fonly", "demo-notest"],
  ...["demo-without-identity", "large-means", "missing", "variance", "missing-variance", "column"],
].map((name) => `fixelcfestats-${name}`);

function peerCases(): GoldenCase[] {
  const fixels = PEER_CASES.map((peer) => {
    const { arguments: tokens, inputs } = readPeerManifest(peer);
    const isVariable = Object.values(inputs).some(({ from }) => from.endsWith("generate-variable.mjs"));
    const typed = ["fixelcfestats", ...tokens.map((token) => (token === "output" ? "OUT" : token))];
    return { name: `peer ${peer}`, place: isVariable ? "variable" : peer, typed };
  });
  const vectors = vectorstatsCases.map((peer) => {
    const typed = ["vectorstats", ...readVectorstatsCase(peer).arguments.map((token, i) => (i === 3 ? "OUT." : token))];
    return { name: `peer vectorstats-${peer}`, place: "vectors", typed };
  });
  return [...fixels, ...vectors].flatMap(({ name, place, typed }) =>
    ["simd", "reference"].map((kernels) => {
      // the reference set takes several times as long: fewer shuffles of the same
      const isSlow = kernels === "reference" && place !== "vectors";
      const tokens = typed.map((token) => (isSlow && token === "permutations.txt" ? "permutations-40.txt" : token));
      return { name: `${name} ${kernels}`, place, tokens: [...tokens, "-kernels", kernels, ...ALONE] };
    }),
  );
}

// ------------------------------------------------------------------------------------------------------------------------- fixelcfestats

const SEED = "-nshuffles 100 --seed 7";
const DEMO_T = "fd subjects.txt design.txt contrast.txt matrix OUT";
const DEMO_F = "fd subjects.txt design.txt contrast-tt.txt matrix OUT -ftests ftests.txt";
const THIRD = "design-third.txt contrast.txt matrix OUT -nshuffles 50 --seed 1";

const fixel = (place: Place, name: string, line: string, more: Partial<GoldenCase> = {}): GoldenCase => {
  const tokens = ["fixelcfestats", ...words(line)];
  const isAlone = !tokens.includes("-nthreads");
  return { name: `${place} ${name}`, place, tokens: isAlone ? [...tokens, ...ALONE] : tokens, ...more };
};

/** Options that change numbers: both kernel sets where they reach different kernels. */
const DEMO_OPTIONS: readonly (readonly [name: string, line: string, more?: Partial<GoldenCase>])[] = [
  ["seed", `${DEMO_T} ${SEED}`],
  ["ise", `${DEMO_T} ${SEED} -errors ise`],
  ["both", `${DEMO_T} ${SEED} -errors both`],
  ["both reference", `${DEMO_T} ${SEED} -errors both -kernels reference`],
  ["within", `${DEMO_T} ${SEED} -exchange_within halves.txt`],
  ["whole", `${DEMO_T} ${SEED} -exchange_whole blocks-of-4.txt -errors both`],
  ["all sign flips", "fd subjects-few.txt design-few.txt contrast.txt matrix OUT --seed 1 -errors ise"],
  ["F", `${DEMO_F} ${SEED}`],
  ["F reference", `${DEMO_F} ${SEED} -kernels reference`],
  ["F strong", `${DEMO_F} ${SEED} -strong`],
  ["F strong posthoc", `${DEMO_F} ${SEED} -strong -posthoc truth.mif`],
  ["F only", `${DEMO_F} ${SEED} -fonly`],
  ["F notest", `${DEMO_F} -notest`],
  ["F both", `${DEMO_F} ${SEED} -errors both`],
  ["ttests ftest", `fd subjects.txt design.txt matrix OUT -ttests contrast-tt.txt -ftest ftest-rows.txt ${SEED}`],
  ["mask", `${DEMO_T} ${SEED} -mask mask.mif`],
  ["posthoc", `${DEMO_T} ${SEED} -posthoc truth.mif`],
  ["mask posthoc", `${DEMO_T} ${SEED} -mask mask.mif -posthoc truth.mif`],
  ["mask posthoc reference", `${DEMO_T} ${SEED} -mask mask.mif -posthoc truth.mif -kernels reference`],
  ["notest", `${DEMO_T} -notest -mask truth.mif`],
  ["legacy", `${DEMO_T} ${SEED} -cfe_legacy`],
  ["powers", `${DEMO_T} ${SEED} -cfe_e 0.7 -cfe_h 2.2 -cfe_c 0.3`],
  ["wide", `${DEMO_T} ${SEED} -cfe_dh 0.01`, { facts: WIDE }],
  ["wide reference", `${DEMO_T} ${SEED} -cfe_dh 0.01 -kernels reference`, { facts: WIDE }],
  ["wide F strong", `${DEMO_F} ${SEED} -cfe_dh 0.02 -strong`, { facts: WIDE }],
  ["single", `${DEMO_T} ${SEED} --precision single`],
  ["single reference", `${DEMO_T} ${SEED} --precision single -kernels reference`],
  ["single F", `${DEMO_F} ${SEED} --precision single -strong -errors both`],
  ["single wide", `${DEMO_T} ${SEED} --precision single -cfe_dh 0.01`, { facts: WIDE }],
];

/** Nothing but another way to the same numbers. */
function demoTwins(): GoldenCase[] {
  const twin = (of: string, name: string, line: string, more: Partial<GoldenCase> = {}) =>
    fixel("demo", `${of} = ${name}`, line, { sameAs: { name: `demo ${of}`, what: "everything" }, ...more });
  const small = { facts: SEVERAL_BATCHES };
  const values = (of: string) => ({ sameAs: { name: `demo ${of}`, what: "values" as const } });
  const rest = "design.txt contrast.txt matrix OUT";
  return [
    twin("seed", "2 threads", `${DEMO_T} ${SEED} -nthreads 2`),
    twin("seed", "mapped", `${DEMO_T} ${SEED} --io mmap`),
    twin("seed", "little memory", `${DEMO_T} ${SEED} --memory 1MiB`, small),
    twin("seed", "little memory, 3 threads", `${DEMO_T} ${SEED} --memory 2MiB -nthreads 3 --io read`, small),
    twin(
      "F strong posthoc",
      "little memory, 2 threads",
      `${lineOf("F strong posthoc")} --memory 2MiB -nthreads 2`,
      small,
    ),
    twin("wide", "little memory", `${lineOf("wide")} --memory 1.25MiB`, small),
    twin("wide F strong", "2 threads", `${lineOf("wide F strong")} -nthreads 2`, { facts: WIDE }),
    twin("single F", "little memory, 2 threads", `${lineOf("single F")} --memory 2MiB -nthreads 2`, small),
    // a store and an .h5 carry the template's geometry, not the keys of single subjects
    fixel("demo", "seed = store", `cohort.fxs - ${rest} ${SEED}`, values("seed")),
    fixel("demo", "seed = h5", `cohort.h5 - ${rest} ${SEED}`, values("seed")),
    fixel("demo", "seed = h5, little memory", `cohort.h5 subjects.txt ${rest} ${SEED} --memory 1MiB`, {
      sameAs: { name: "demo seed = h5", what: "everything" },
      facts: SEVERAL_BATCHES,
    }),
    // as in outputs-mrtrix.test.ts
    fixel("demo", "third", `fd subjects-third.txt ${THIRD}`),
    fixel("demo", "third = store", `cohort.fxs subjects-third.txt ${THIRD}`, values("third")),
    fixel("demo", "third = nifti", `nifti subjects-nifti.txt ${THIRD}`, values("third")),
    fixel("demo", "third store mask", `cohort.fxs subjects-third.txt ${THIRD} -mask truth.mif`),
  ];
}

const lineOf = (name: string) => DEMO_OPTIONS.find(([candidate]) => candidate === name)![1];

const STRONG_WIDE = "-nshuffles 40 --seed 3 -errors ise -strong -cfe_dh 0.02";

const BOTH = "-nshuffles 160 --seed 3 -errors both";

/** Missing values, variance groups and a column: all combinations, which are ways of their own through the engine. */
function variableCases(): GoldenCase[] {
  const cases: GoldenCase[] = [];
  for (const data of ["complete", "missing"])
    for (const variance of ["pooled", "variance"])
      for (const column of ["shared", "column"]) {
        const subjects = data === "missing" ? "subjects-missing.txt" : "subjects.txt";
        const contrast = column === "column" ? "contrast-column.txt" : "contrast.txt";
        const line = [
          `fd ${subjects} design.txt ${contrast} matrix OUT -ftests ftests.txt`,
          variance === "variance" ? "-variance groups.txt" : "",
          column === "column" ? "-column column.txt" : "",
        ].join(" ");
        const model = `${data} ${variance} ${column}`;
        const isFixed = model === "complete pooled shared";
        const options = [
          ["both", BOTH],
          ["strong wide", `${STRONG_WIDE}${isFixed ? " --precision single" : ""}`],
          ["F notest", "-fonly -notest"],
        ] as const;
        if (!isFixed) {
          const line32 = `${line} --precision single`;
          cases.push(
            fixel("variable", `${model} single`, `${line32} ${BOTH}`),
            fixel("variable", `${model} single reference`, `${line32} ${BOTH} -kernels reference`),
            fixel("variable", `${model} single strong wide`, `${line32} ${STRONG_WIDE}`),
            fixel("variable", `${model} single = 2 threads`, `${line32} ${BOTH} -nthreads 2 --memory 2MiB`, {
              sameAs: { name: `variable ${model} single`, what: "everything" },
            }),
          );
        }
        for (const [name, more] of options) cases.push(fixel("variable", `${model} ${name}`, `${line} ${more}`));
        const sameAs = { name: `variable ${model} both`, what: "everything" as const };
        const memory = column === "shared" ? "768KiB" : "1MiB";
        const small = fixel("variable", `${model} both = little memory`, `${line} ${BOTH} --memory ${memory}`, {
          sameAs,
          facts: SEVERAL_BATCHES,
        });
        cases.push(small);
        if (data === "missing") {
          cases.push(fixel("variable", `${model} both = 2 threads`, `${line} ${BOTH} -nthreads 2`, { sameAs }));
        }
      }
  const missing = "design.txt contrast.txt matrix OUT -ftests ftests.txt";
  const sameAs = { name: "variable missing pooled shared both", what: "values" as const };
  return [
    ...cases,
    fixel("variable", "missing pooled shared both = store", `missing.fxs - ${missing} ${BOTH}`, { sameAs }),
    fixel("variable", "missing pooled shared both = h5", `missing.h5 - ${missing} ${BOTH} --io read`, { sameAs }),
  ];
}

// --------------------------------------------------------------------------------------------------------------------------- vectorstats

const vector = (place: Place, name: string, line: string, more: Partial<GoldenCase> = {}): GoldenCase => {
  const { tokens, ...rest } = fixel(place, `vectorstats ${name}`, line, more);
  return { ...rest, tokens: ["vectorstats", ...tokens.slice(1)] };
};

function vectorCases(): GoldenCase[] {
  const cases: GoldenCase[] = [];
  for (const data of ["complete", "missing"])
    for (const variance of ["pooled", "variance"])
      for (const column of ["", "complete", "missing"]) {
        const suffix = column === "" ? "" : "-column";
        const of = (tests: string) =>
          [
            `data-${data}.txt design.txt contrast-${tests}${suffix}.txt OUT.`,
            tests === "ttF" ? "-ftests ftests.txt" : "",
            variance === "variance" ? "-variance groups.txt" : "",
            column === "" ? "" : `-column column-${column}.txt`,
          ].join(" ");
        const model = `${data} ${variance} ${column === "" ? "shared" : `column-${column}`}`;
        const add = (name: string, line: string, more: Partial<GoldenCase> = {}) =>
          cases.push(vector("vectors", `${model} ${name}`, line, more));
        add("ttF both strong", `${of("ttF")} -nshuffles 40 --seed 5 -errors both -strong`);
        if (column !== "" && column !== data) continue; // nothing new but the way the columns come
        add("t ee", `${of("t")} -nshuffles 40 --seed 5`);
        add("ttF ise", `${of("ttF")} -nshuffles 40 --seed 5 -errors ise`);
        if (model !== "complete pooled shared")
          add("ttF single", `${of("ttF")} -nshuffles 40 --seed 5 --precision single`);
        add("F permutations", `${of("ttF")} -fonly -permutations permutations.txt`);
        add("ttF notest", `${of("ttF")} -notest --precision single`);
        add("ttF ise = 2 threads", `${of("ttF")} -nshuffles 40 --seed 5 -errors ise -nthreads 2 --memory 4MiB`, {
          sameAs: { name: `vectors vectorstats ${model} ttF ise`, what: "everything" },
        });
      }
  return [...cases, ...vectorForms(), ...vectorsOfFixels()];
}

/** Forms of the input and of the hypotheses. */
function vectorForms(): GoldenCase[] {
  const form = (input: string, more = "") =>
    `${input} design.txt contrast-ttF.txt OUT. -ftests ftests.txt -nshuffles 40 --seed 5 ${more}`;
  const tests = "data-missing.txt design.txt OUT. -ttests contrast-ttF.txt -ftest ftest-rows.txt";
  // a matrix and a store keep what the list's files say to the last bit of a double
  const sameAs = { name: "vectors vectorstats list", what: "everything" as const };
  return [
    vector("vectors", "list", form("data-missing.txt")),
    vector("vectors", "list = text matrix", form("matrix.txt"), { sameAs }),
    vector("vectors", "list = npy", form("matrix.npy"), { sameAs }),
    vector("vectors", "list = store", form("vectors.fxs"), { sameAs }),
    vector("vectors", "ttests ftest", `${tests} -nshuffles 40 --seed 5`),
    vector("vectors", "within", form("data-complete.txt", "-exchange_within groups.txt")),
    vector("vectors", "whole", form("data-complete.txt", "-exchange_whole blocks-of-5.txt -errors both")),
    vector("vectors", "single", form("data-complete.txt", "--precision single")),
    vector("vectors", "single reference", form("data-complete.txt", "--precision single -kernels reference")),
  ];
}

/** Enough elements for several blocks and batches. */
function vectorsOfFixels(): GoldenCase[] {
  const cases: GoldenCase[] = [];
  for (const [name, options] of [
    ["double", ""],
    ["single", "--precision single"],
  ] as const) {
    const line = `cohort.fxs design.txt contrast-tt.txt OUT. -ftests ftests.txt -strong -errors both -nshuffles 200 --seed 7 ${options}`;
    const sameAs = { name: `demo vectorstats ${name}`, what: "everything" as const };
    cases.push(
      vector("demo", name, line),
      vector("demo", `${name} = little memory, 2 threads`, `${line} --memory 1MiB -nthreads 2`, {
        sameAs,
        facts: SEVERAL_BATCHES,
      }),
    );
  }
  return cases;
}

/**
 * In order: a twin stands after the case it must agree with. Left out: -notest with -permutations, which has computed `cfe` from the file's first
 * permutation instead of the data; it has a test of its own (the one in fixelcfestats-deviations.test.ts looks at Z alone).
 */
export const GOLDEN_CASES: readonly GoldenCase[] = [
  ...peerCases(),
  // all cores, 5000 shuffles
  { name: "demo command", place: "demo", tokens: ["demo", "OUT", "-quiet"] },
  ...DEMO_OPTIONS.map(([name, line, more]) => fixel("demo", name, line, more)),
  ...demoTwins(),
  ...variableCases(),
  ...vectorCases(),
];
