// What a message advises must be possible: an option that it names exists, and belongs to every command that can say it.
import { expect, it } from "vitest";
import { createProgram, forEachCommand } from "../../src/cli/program.js";
import { readSources } from "../support/message-options.js";

const EVERYWHERE = ["help", "version", "color"];
const program = await createProgram({ stdout: process.stdout, stderr: process.stderr, command: "" });
const optionsOf = new Map<string, ReadonlySet<string>>();
forEachCommand(program, (command) => {
  const names: string[] = [];
  for (let at = command; at.parent !== null; at = at.parent) names.unshift(at.name());
  const own = command.options.map((option) => option.long!.replace(/^--/, ""));
  optionsOf.set(names.join(" "), new Set([...own, ...EVERYWHERE]));
});
const has = (options: Iterable<string>, option: string) =>
  [...options].some((name) => name === option || (option.endsWith("_") && name.startsWith(option)));

const { named, reachableFrom } = readSources();

it("finds what it looks for", () => {
  const found = (file: string) => named.filter((one) => one.file === file).map(({ option }) => option);
  expect(found("src/stats/shuffle/exchangeability-blocks.ts")).toContain("exchange_");
  expect(found("src/connectivity/prepare-connectivity.ts")).toContain("cache");
  expect(found("src/formats/mif/header.ts")).toEqual([]); // mrconvert's and mrcalc's
  expect(named.length).toBeGreaterThan(80);
});

it("every option that a text names is one of the program's", () => {
  const all = [...optionsOf.values()].flatMap((options) => [...options]);
  expect(named.filter(({ option }) => !has(all, option))).toEqual([]);
});

/** doctor and demo are left out: they run fixelcfestats on inputs of their own; so is merge: it runs an analysis with the options that the shards were given. */
const COMMANDS: Readonly<Record<string, string>> = {
  fixelcfestats: "fixelcfestats",
  mrclusterstats: "mrclusterstats",
  connectomestats: "connectomestats",
  vectorstats: "vectorstats",
  lm: "lm",
  gam: "gam",
  fixelfilter: "fixelfilter",
  "convert fixels": "convert",
  "convert vectors": "convert-vectors",
  "convert voxels": "convert-voxels",
  "convert edges": "convert-edges",
  "convert modelarray": "convert-modelarray",
  "convert cohort": "convert-cohort",
  fixelconnectivity: "fixelconnectivity",
  export: "export",
  info: "info",
  status: "status",
  slurm: "slurm",
  verify: "verify",
  "cache list": "cache",
  "cache clear": "cache",
};

/** Makers of pages: what they say stands on a page, of the command that made its results, and what they refuse is said by `report`. */
const PAGES = /^src\/(app\/)?report\//;

/** Without fixels. */
const OTHERS = ["mrclusterstats", "connectomestats", "vectorstats"];

/** Texts in files that a command needs, which that command never says. Each with the reason; one that is no longer needed fails below. */
const NEVER_SAID: readonly (readonly [file: string, option: string, commands: readonly string[], because: string])[] = [
  ["converters/modelarray-to-store.ts", "template", ["convert fixels"], "it takes the name of the creator from there"],
  ["src/app/analyse/plan/bound-warnings.ts", "uncorrected-shuffles", OTHERS, "said of CFE only"],
  ["src/app/analyse/plan/check-p-values.ts", "uncorrected-shuffles", OTHERS, "said of CFE only"],
  ["src/app/analyse/plan/bound-warnings.ts", "cfe_dh", OTHERS, "said of CFE only"],
  ["src/app/analyse/plan/bound-warnings.ts", "cfe_h", OTHERS, "said of CFE only"],
  ["src/app/analyse/plan/bound-warnings.ts", "cfe_e", OTHERS, "said of CFE only"],
  ["src/app/analyse/plan/fixel-masks.ts", "mask", ["mrclusterstats"], "said of fixels only"],
  ["src/app/cache/cache-entry.ts", "mask", ["cache list", "cache clear"], "describes what an entry was made with"],
  ["src/app/cache/cache-entry.ts", "cfe_c", ["cache list", "cache clear"], "describes what an entry was made with"],
  ["src/app/inputs/hdf5-in-place.ts", "template", OTHERS, "part of a command line of convert modelarray"],
  ["src/engine/plan/memory.ts", "mask", ["mrclusterstats", "vectorstats"], "said of CFE only"],
  ["src/engine/shuffle-loop.ts", "cfe_dh", OTHERS, "said of CFE only"],
  ["src/engine/shuffle-loop.ts", "cfe_h", OTHERS, "said of CFE only"],
  ["src/engine/shuffle-loop.ts", "cfe_e", OTHERS, "said of CFE only"],
  ["src/engine/shuffle-loop.ts", "tfce_e", ["fixelcfestats", "vectorstats"], "said of graphs only"],
  ["src/engine/shuffle-loop.ts", "tfce_h", ["fixelcfestats", "vectorstats"], "said of graphs only"],
  ["src/engine/shuffle-loop.ts", "tfce_dh", ["fixelcfestats", "vectorstats"], "said of graphs only"],
  ["src/app/analyse/vectors.ts", "nonstationarity", ["vectorstats"], "said of enhancement only"],
  ["src/engine/enhance/empirical.ts", "skew_nonstationarity", ["vectorstats"], "said of enhancement only"],
  ["src/app/analyse/plan/bound-warnings.ts", "nonstationarity", ["vectorstats"], "said of enhancement only"],
  ["src/app/analyse/plan/describe-plan.ts", "nonstationarity", ["vectorstats"], "said of enhancement only"],
  ["src/app/analyse/plan/resolve-shuffles.ts", "nonstationarity", ["vectorstats"], "said of enhancement only"],
  ["src/app/analyse/plan/resolve-shuffles.ts", "skew_nonstationarity", ["vectorstats"], "said of enhancement only"],
  [
    "src/app/analyse/plan/resolve-shuffles.ts",
    "nshuffles_nonstationarity",
    ["vectorstats"],
    "said of enhancement only",
  ],
  [
    "src/app/analyse/plan/resolve-shuffles.ts",
    "permutations_nonstationarity",
    ["vectorstats"],
    "said of enhancement only",
  ],
  ["src/formats/hdf5/voxel-table.ts", "template", ["convert fixels"], "it reads no tables of fixels"],
  ["src/formats/hdf5/voxel-table.ts", "template", ["mrclusterstats"], "it reads no tables of fixels"],
  ["src/formats/hdf5/voxel-table.ts", "template", ["verify"], "it says what is wrong without the advice"],
  ["src/formats/hdf5/voxel-table.ts", "template", ["info"], "it reads an attribute of the table only"],
  ["src/formats/hdf5/modelarray-layout.ts", "scalar", ["verify"], "it does not choose a scalar"],
  ["src/formats/hdf5/results-matrix.ts", "analysis", ["info", "verify"], "they do not choose results"],
  ["src/connectivity/write-prepared.ts", "cfe_c", ["fixelconnectivity"], "its values are from 0 to 1"],
  ["src/store/select-rows.ts", "subjects", ["lm", "gam"], "rows are named by their table"],
  ["src/stats/elementwise/reduced-formula.ts", "changed-rsq", ["lm"], "an option of gam"],
  ["src/mapping/mapped-file.ts", "io", ["verify", "fixelconnectivity", "fixelfilter"], "they map nothing"],
  ["src/store/select-rows.ts", "subjects", ["fixelcfestats"], "named as info's"],
  ["src/app/analyse/select-subjects.ts", "subjects", ["fixelcfestats"], "its list of subjects is an argument"],
  ["src/store/select-rows.ts", "subjects", ["fixelfilter"], "it filters all rows"],
];

it("and belongs to every command that can say it", () => {
  const unused = new Set(
    NEVER_SAID.flatMap(([file, option, commands]) => commands.map((c) => `${file} ${option} ${c}`)),
  );
  const wrong = Object.entries(COMMANDS).flatMap(([command, source]) => {
    const options = optionsOf.get(command)!;
    const reached = reachableFrom(`src/cli/commands/${source}.ts`, PAGES);
    expect(reached.size, command).toBeGreaterThan(5);
    return named
      .filter(({ file, option }) => reached.has(file) && !file.startsWith("src/cli/") && !has(options, option))
      .filter(({ file, option }) => {
        const excused = NEVER_SAID.some(([f, o, commands]) => f === file && o === option && commands.includes(command));
        unused.delete(`${file} ${option} ${command}`);
        return !excused;
      })
      .map(({ file, option, text }) => `${command} has no ${option}, which ${file} says: ${text}`);
  });
  expect(wrong).toEqual([]);
  expect([...unused]).toEqual([]);
});
