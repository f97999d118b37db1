// Who may import whom, and why. `npm run rooms` checks it, and .ci/check-rooms-bite.mjs that it bites.
//
//   bin → cli → app ─┬→ engine ─┬→ stats ──→ kernels (types; the table is passed in)
//                    │          ├→ store ────────→ mapping, publish
//                    │          ├→ connectivity ─→ mapping, formats, publish, kernels
//                    │          └→ kernels
//                    ├→ results ─→ formats, run, stats/inference, publish
//                    ├→ report ──→ stats, results (the record's type)
//                    ├→ publish
//                    └→ converters ─→ formats, mapping, store, publish
//   run: what a run is made of and leaves, as plain data; for engine, results and app
//   base, for everyone: byte-names, checksum, control-groups, errors, near-names, shared-memory, shell-word, subject-names, system-cores, system-error, system-memory, turns, units, warnings, version, zod     nobody imports: bin, cli, app (but bin → cli, cli → app)

/** Files that any room may import. */
const BASE =
  "^src/(byte-names|checksum|control-groups|errors|near-names|shared-memory|shell-word|subject-names|system-cores|system-error|system-memory|turns|units|warnings|version|zod)\\.ts$";

/** What a room may import beside itself, packages and what Node brings; and the base, unless it stands `alone`. */
const ROOMS = {
  base: {
    is: BASE,
    may: [],
    because: "Everyone imports the base: whatever it imported, everyone would.",
  },
  bin: {
    is: "^bin/",
    alone: true,
    may: ["^src/cli/run-cli\\.ts$"],
    because:
      "The executable hands its arguments to the command line and sets an exit code; what loads its files (load.ts) knows none of them.",
  },
  cli: {
    is: "^src/cli/",
    may: ["^src/app/"],
    because:
      "A command declares options, calls one function of app and prints its summary. Reaching further down would put decisions where only the command line can use them.",
  },
  app: {
    is: "^src/app/",
    may: ["^src/(run|engine|stats|kernels|store|connectivity|results|formats|mapping|publish|report)/", "^converters/"],
    because:
      "A use case puts the rooms below it together and writes through results. It must run without a terminal, so it knows nothing of the command line.",
  },
  engine: {
    is: "^src/engine/",
    may: ["^src/(run|stats|kernels|store|connectivity|mapping)/"],
    because:
      "The engine moves blocks through mathematics in bounded memory. It reads only our own formats, and what becomes of its numbers (files, reports) is decided above it.",
  },
  run: {
    is: "^src/run/",
    may: [],
    because:
      "A run is data: what describes it, and what it leaves, is read by checkpoints, shards, writers and reports that know nothing of the engine.",
  },
  stats: {
    is: "^src/stats/",
    may: ["^src/kernels/kernel-set\\.ts$"],
    because:
      "The mathematics is pure: same input, same answer, on any machine. No files, threads or clocks, so each formula can be tested by a call.",
  },
  kernels: {
    is: "^src/kernels/",
    alone: true,
    may: [],
    because:
      "Hot loops over offsets know of nothing but numbers; so a set can be replaced and one suite can test every set.",
  },
  store: {
    is: "^src/store/",
    may: ["^src/(mapping|publish)/"],
    because:
      "The store is a format of numbers on disk. Where they came from is the converters' business, what is done with them the engine's.",
  },
  connectivity: {
    is: "^src/connectivity/",
    may: ["^src/(mapping|formats|publish|kernels)/"],
    because:
      "The sparse matrix is made from MRtrix3's images (formats) and of streamlines (kernels), and read in windows (mapping); it knows no statistics.",
  },
  formats: {
    is: "^src/formats/",
    may: [],
    because:
      "Foreign bytes to values and back, without policy or concepts of this project: each format could be a package of its own.",
  },
  mapping: {
    is: "^src/mapping/",
    may: [],
    because: "The one room that may map memory keeps its dangers small by knowing nothing but files.",
  },
  publish: {
    is: "^src/publish/",
    may: [],
    because:
      "What removes, locks and publishes stands in one place and knows nothing of what it handles: whoever writes files says which are its own, and the rules are the same for all.",
  },
  results: {
    is: "^src/results/",
    may: ["^src/(formats|run|stats/inference|publish)/"],
    because:
      "What a run leaves behind must be readable without the engine that made it: reports and later versions start from results.",
  },
  report: {
    is: "^src/report/",
    may: ["^src/stats/", "^src/results/run-record\\.ts$"],
    because:
      "A page is a function of plain data: what was read of the disk comes in, text goes out, so that every sentence can be tested by a call.",
  },
  converters: {
    is: "^converters/",
    may: ["^src/(formats|mapping|store|publish)/"],
    because: "A source format becomes a store: adding one must not need to know how stores are analysed.",
  },
  "public-interface": {
    is: "^src/index\\.ts$",
    may: ["^src/(app|store|run)/", "^src/results/(null-state-file|run-record)\\.ts$"],
    because:
      "The package exports use cases, the plain data of a run, and the reading of what has a specification: stores, states of shuffles, run records. Other rooms are not exported, so they may change.",
  },
};

/** Rooms inside the engine, and which of its other rooms each may not import. */
const ENGINE_ROOMS = {
  plan: {
    not: "glm|sinks|enhance|search|reduce|threads",
    because: "The plan is pure: sizes in, layout out, before anything is read.",
  },
  glm: {
    not: "sinks|enhance|search|reduce|threads",
    because: "A source brings tiles of statistics to whatever takes them.",
  },
  sinks: {
    not: "glm|enhance|search|reduce|threads",
    because: "A sink takes statistics from any source, for any enhancer or none.",
  },
  enhance: {
    not: "glm|sinks|search|reduce|threads",
    because: "An enhancer reads the lanes' bins or statistics and its own source; it knows nothing of maxima.",
  },
  search: {
    not: "glm|sinks|enhance|reduce|threads",
    because: "A search reads the lanes' bins and its own source, and finds maxima without a map of them.",
  },
  reduce: {
    not: "glm|sinks|enhance|search|threads",
    because: "Maxima and counters are kept by shuffle index, whoever enhanced.",
  },
  filter: {
    not: "glm|sinks|enhance|search|reduce",
    because: "A filter moves lanes of subjects over the connections: it knows no model and no shuffles.",
  },
  elementwise: {
    not: "glm|sinks|enhance|search|reduce|filter",
    because: "A model of one element after another knows no shuffles: it reads, fits, and hands on.",
  },
  threads: {
    not: "glm|sinks|enhance|search|reduce|filter|elementwise",
    because: "Threads claim pieces and carry messages: what is done with a piece they are handed.",
  },
};

/** Rooms inside app, and which of its other rooms each may not import. */
const APP_ROOMS = {
  connectivity: {
    not: "analyse|convert|export|inspect|demo|shards",
    because: "A matrix is made of what the user names; it knows inputs, and where an analysis keeps a prepared one.",
  },
  inputs: {
    not: "models|analyse|connectivity|convert|export|inspect|cache|demo|shards",
    because: "What the user names becomes an open store: whatever is then done with it.",
  },
  analyse: {
    not: "models|connectivity|convert|export|inspect|cache|demo|shards",
    because: "An analysis is one use case with a row for each kind of element; it converts through its inputs.",
  },
  convert: {
    not: "connectivity|analyse|inputs|export|inspect|cache|demo|shards",
    because: "A conversion that is asked for needs nothing of how an analysis makes its own.",
  },
  filter: {
    not: "convert|export|inspect|cache|demo|shards",
    because: "Filtered data are made of what lies there: nothing is converted for them.",
  },
  models: {
    not: "connectivity|analyse|convert|inspect|cache|demo|shards",
    because: "A model of every element reads what inputs open, and leaves images as an export does.",
  },
  export: {
    not: "models|connectivity|analyse|inputs|convert|inspect|cache|demo|shards",
    because: "Results are exported from what is on disk, by whoever has it.",
  },
  inspect: {
    not: "connectivity|convert|export|cache|shards",
    because: "Looking changes nothing: the one thing that runs is the doctor's analysis of its demo.",
  },
  verify: {
    not: "connectivity|analyse|convert|export|inspect|cache|demo|shards",
    because:
      "What was written is compared with its checksums, whoever asks: a command, or an export before it adds to a file.",
  },
  cache: {
    not: "connectivity|analyse|inputs|convert|export|inspect|demo|shards",
    because: "Entries are listed and removed by what they say of themselves.",
  },
  design: {
    not: "connectivity|analyse|inputs|convert|export|inspect|cache|demo|shards",
    because: "A design is made of a table and a formula, for whoever analyses with it: a command, or MRtrix3.",
  },
  demo: {
    not: "connectivity|analyse|inputs|convert|export|inspect|cache|shards",
    because: "The cohort and its truth are facts for the commands that use them.",
  },
  "p-values": {
    not: "connectivity|analyse|inputs|convert|export|inspect|cache|demo|shards",
    because: "P-values are added out of what a run left: nothing of the run is done again.",
  },
  report: {
    not: "connectivity|analyse|inputs|convert|export|inspect|cache|demo|shards",
    because: "A report is made of what lies on the disk, whenever and by whomever: it must not need the run.",
  },
  joint: {
    not: "analyse|connectivity|inputs|convert|filter|export|inspect|verify|cache|demo|shards",
    because: "What finished runs say together is made of their results alone: nothing is computed again.",
  },
  shards: {
    not: "connectivity|inputs|convert|export|inspect|cache|demo",
    because: "Parts of a run become the run by the analysis itself, which is done again without its shuffles.",
  },
};

const appRooms = Object.entries(APP_ROOMS).map(([name, { not, because }]) => ({
  name: `app-${name}-stands-alone`,
  comment: because,
  severity: "error",
  from: { path: `^src/app/${name}/` },
  to: { path: `^src/app/(${not})/` },
}));

const engineRooms = Object.entries(ENGINE_ROOMS).map(([name, { not, because }]) => ({
  name: `engine-${name}-stands-alone`,
  comment: because,
  severity: "error",
  from: { path: `^src/engine/${name}/` },
  to: {
    path: `^src/engine/(${not})/|^src/engine/(run|runner|worker|shuffle-loop|fill-shared|null-keeper|z-tables)\\.ts$`,
  },
}));

const directions = Object.entries(ROOMS).map(([name, { is, may, alone, because }]) => ({
  name: `${name}-imports-its-own-rooms-only`,
  comment: because,
  severity: "error",
  from: { path: is },
  to: {
    path: "^(src|bin|converters|test|fixtures|dist)/",
    pathNot: [is, ...(alone ? [] : [BASE]), ...may],
  },
}));

/** A package that one room has for itself. */
const onlyIn = (packages, rooms, comment) => ({
  name: `${packages.split("|")[0]}-only-in-its-room`,
  comment,
  severity: "error",
  from: { path: "^(src|bin|converters)/", pathNot: rooms },
  to: { path: `(^|/)node_modules/(${packages})(/|$)|^(${packages})$` },
});

export default {
  forbidden: [
    ...directions,
    ...engineRooms,
    ...appRooms,
    {
      name: "engine-plan-is-pure",
      comment:
        "A plan depends on its arguments alone, so that it can be made for a dry run, a test or another machine.",
      severity: "error",
      from: { path: "^src/engine/plan/" },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "engine-threads-import-no-mathematics",
      comment: "What is computed must not depend on which thread computes it.",
      severity: "error",
      from: { path: "^src/engine/threads/" },
      to: { path: "^src/(stats|kernels|store|connectivity)/" },
    },
    {
      name: "stats-imports-no-node",
      comment:
        "No files, threads, clock or randomness of the system in the mathematics: a result must depend on its arguments alone.",
      severity: "error",
      from: { path: "^src/stats/" },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "stats-functions-are-leaves",
      comment:
        "Special functions stand alone, each against its own table of exact values; models are built on them, never the reverse.",
      severity: "error",
      from: { path: "^src/stats/functions/" },
      to: { path: "^src/", pathNot: "^src/stats/functions/" },
    },
    {
      name: "kernels-import-no-node",
      comment:
        "Hot loops have no use for Node; the one file that loads the compiled module reads it from disk, and a library of the system is looked for and tried by Node's means.",
      severity: "error",
      from: { path: "^src/kernels/", pathNot: "^src/kernels/(choose-kernels\\.ts$|native/)" },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "choose-kernels-reads-one-file",
      comment: "Loading the module needs node:fs and nothing more.",
      severity: "error",
      from: { path: "^src/kernels/choose-kernels\\.ts$" },
      to: { dependencyTypes: ["core"], pathNot: "^(node:)?fs$" },
    },
    {
      name: "fs-only-in",
      comment:
        "Files are touched where bytes come in and results go out. Elsewhere a path would be a hidden input: the command line hands paths on, the engine asks the store, the mathematics has none.",
      severity: "error",
      from: {
        path: "^(src|bin|converters)/",
        pathNot: [
          "^src/(formats|mapping|store|connectivity|publish|results|app)/",
          "^converters/",
          // reads the program itself
          "^bin/load\\.ts$",
          // reads package.json, and the compiled module
          "^src/version\\.ts$",
          "^src/kernels/choose-kernels\\.ts$",
          // what the system says of containers
          "^src/control-groups\\.ts$",
          // looks where a BLAS may lie, and what the processor can
          "^src/kernels/native/(find-libraries|core-types)\\.ts$",
          // how files are named
          "^src/byte-names\\.ts$",
        ],
      },
      to: { path: "^(node:)?fs(/promises)?$" },
    },
    {
      name: "worker-threads-only-in-engine",
      comment:
        "Threads are the engine's: everything else is called, in order, by one thread, and can be read so. But a conversion has a second one that reads and writes; libhdf5, which files of strangers may lead into endless loops, has a thread that can be ended, a library that may kill its process is tried in one of its own, a matrix is made by a team that knows no files, and jobs are handed to SLURM by its own program.",
      severity: "error",
      from: {
        path: "^(src|bin|converters)/",
        pathNot:
          "^src/engine/(threads/|((filter|elementwise)/)?worker\\.ts$)|^src/formats/hdf5/(remote|worker)\\.ts$|^converters/second-thread(-entry)?\\.ts$|^src/kernels/native/run-trial\\.ts$|^src/connectivity/generate/(team|worker)\\.ts$|^src/app/shards/slurm-jobs\\.ts$",
      },
      to: { path: "^(node:)?(worker_threads|cluster|child_process)$" },
    },
    {
      ...onlyIn("commander", "^src/cli/", "The command line is one way to use the program, not part of it."),
      name: "commander-only-in-cli",
    },
    onlyIn("cli-progress", "^src/cli/", "Progress is data (events) until the command line draws it."),
    onlyIn(
      "koffi",
      "^src/(mapping|kernels/native)/",
      "Foreign functions can kill the process: two rooms call them, and hand no address on.",
    ),
    onlyIn(
      "@observablehq/plot",
      "^src/report/charts\\.ts$",
      "Charts are drawn by one file: everyone else says what is in them.",
    ),
    {
      name: "zod-through-one-door",
      comment:
        "95 modules that src/zod.ts loads as one file, when the first description is looked at: imported by name they are loaded one by one, by every command.",
      severity: "error",
      from: { path: "^(src|bin|converters)/", pathNot: "^src/zod\\.ts$" },
      to: { path: "(^|/)node_modules/zod(/|$)|^zod$", dependencyTypesNot: ["type-only"] },
    },
    onlyIn("h5wasm", "^src/formats/", "A library for one file format stays behind the room that reads formats."),
    onlyIn(
      "ml-matrix",
      "^src/stats/design/",
      "Decompositions of the small design matrix; loops over elements are the kernels'.",
    ),
    {
      name: "no-circular",
      comment:
        "Files that need each other are one file in pieces, and cannot be understood, tested or moved apart. Types count: they are what is read first.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "no-orphans",
      comment:
        "A file that nothing imports is forgotten code. Entries are listed: the executable, tests, and what is started by its path.",
      severity: "error",
      from: {
        orphan: true,
        pathNot: [
          "\\.d\\.ts$",
          "\\.test\\.ts$",
          "^test/support/[^/]+\\.mjs$",
          "^test/bench/",
          "^bin/",
          "^src/index\\.ts$",
          "^src/report/client/main\\.ts$",
        ],
      },
      to: {},
    },
    {
      name: "used-by-the-program",
      comment:
        "A file of src or converters that only tests reach is dead code with a test. A warning: a room under construction has some for a while.",
      severity: "warn",
      from: {
        path: "^(bin/|src/index\\.ts$|src/engine/((filter|elementwise)/)?worker\\.ts$|src/formats/hdf5/worker\\.ts$|src/connectivity/generate/worker\\.ts$|converters/second-thread-entry\\.ts$|src/kernels/native/trial-entry\\.ts$)",
      },
      to: {
        path: "^(src|converters)/",
        pathNot: [
          "\\.d\\.ts$",
          "^src/index\\.ts$",
          "^src/engine/((filter|elementwise)/)?worker\\.ts$",
          "^src/formats/hdf5/worker\\.ts$",
          "^src/connectivity/generate/worker\\.ts$",
          "^converters/second-thread-entry\\.ts$",
          "^src/kernels/native/trial-entry\\.ts$",
          "^src/mapping/counting-file\\.ts$",
          // bundled into the page
          "^src/report/client/",
        ],
        reachable: false,
      },
    },
    {
      name: "no-dep-on-test",
      comment: "What ships must not need what does not.",
      severity: "error",
      from: { path: "^(src|bin|converters)/" },
      to: { path: ["^(test|fixtures)/", "\\.test\\.ts$"] },
    },
    {
      name: "tests-do-not-import-tests",
      comment:
        "A test must run alone. What tests share lives in test/support (builders, oracles) and test/conformance (suites). The benchmarks are no tests but a program in several files.",
      severity: "error",
      from: { path: "^test/", pathNot: "^test/bench/" },
      to: { path: "^test/", pathNot: "^test/(support|conformance)/(?!.*\\.test\\.ts$)" },
    },
    {
      name: "statements-are-independent",
      comment: "An oracle that imports what it judges agrees with its mistakes.",
      severity: "error",
      from: { path: "^test/support/(oracle-.*|kernel-statements)\\.ts$" },
      to: { path: "^(src|converters|dist)/" },
    },
    {
      name: "commands-load-what-they-run",
      comment:
        "A start loads what the named command declares. What it does is imported by its action: a help text must not load the engine.",
      severity: "error",
      from: { path: "^src/cli/" },
      to: {
        path: "^src/app/",
        pathNot: "^src/app/(analyse/options|filter/options|analyse/plan/describe-plan|cache/default-cache)\\.ts$",
        dynamic: false,
        dependencyTypesNot: ["type-only"],
      },
    },
    {
      name: "no-dev-package-in-program",
      comment:
        "Installed packages bring their dependencies only: a development package would be missing at the user's.",
      severity: "error",
      from: { path: "^(src|bin|converters)/" },
      // types are gone before anything runs
      to: { dependencyTypes: ["npm-dev"], dependencyTypesNot: ["type-only"], pathNot: "node_modules/@types/" },
    },
    {
      name: "not-to-unresolvable",
      comment: "An import that leads nowhere would pass every other rule.",
      severity: "error",
      from: {},
      // what a child process of a test imports from dist is there after the build
      to: { couldNotResolve: true, pathNot: "(^|/)dist/" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    // another language, with its own compiler; nothing imports it
    exclude: { path: "^src/kernels/assembly/" },
    // imports of types count: they are dependencies of the reader
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "types", "node", "default"] },
  },
};
