// The removing rule: whatever lies at the names that the program uses, and whatever commands are run, every file that the program did not make is
// afterwards where it was, byte for byte; and nothing that it meets there is a bug to it. (An empty file of the name of a lock, or with a maker's id in
// its name, is the program's: it was killed before it had written it.)
import fs from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { expect } from "vitest";
import { parseId } from "../../src/publish/maker.js";
import { runWithReport } from "./in-process-cli.js";
import { deadId, foreignId } from "./partials.js";
import { makeSmallAnalysis, type SmallAnalysis } from "./small-analysis.js";
import { npyBytes } from "./write-npy.js";

let root: string;
let inputs: SmallAnalysis;
/** `KEY.fxs`, `KEY.fxs`, `KEY.fxc`: what these inputs are called in any cache. */
let cacheNames: string[];
let made = 0;

/** Makes the inputs in `directory`. */
export async function prepareRemoving(directory: string): Promise<void> {
  root = directory;
  inputs = makeSmallAnalysis(path.join(root, "inputs"), { nFixels: 12, nSubjects: 6 });
  const names = fs.readFileSync(inputs.at("subjects.txt"), "utf8").trim().split("\n");
  const rows = ["FD", "FC"].flatMap((scalar) => names.map((name) => `${scalar},${name}`));
  fs.writeFileSync(inputs.at("cohort.csv"), `scalar_name,source_file\n${rows.join("\n")}\n`);
  const values = Float32Array.from({ length: 6 * 12 }, (_, i) => Math.sin(i));
  fs.writeFileSync(inputs.at("v.npy"), npyBytes({ shape: [6, 12], data: new Uint8Array(values.buffer) }));
  const quick = ["-nthreads", "0", "-nshuffles", "20", "-quiet", "--seed", "1"];
  for (const tokens of [
    ["fixelcfestats", ...inputs.positionals, "--cache", inputs.at("cache"), ...quick],
    ["convert", "fixels", ...inputs.positionals.slice(0, 2), inputs.at("in.h5"), "--gzip", "1", "-quiet"],
    ["export", inputs.at("out"), inputs.at("in.h5"), "--analysis", "lm", "-quiet"],
    ["vectorstats", inputs.at("v.npy"), inputs.at("design.txt"), inputs.at("contrast.txt"), inputs.at("v_"), ...quick],
  ]) {
    expect((await runWithReport(tokens)).stderr).toBe("");
  }
  cacheNames = [...fs.readdirSync(inputs.at("cache")), ...fs.readdirSync(inputs.at(".fixelstream"))];
  expect(cacheNames.map((name) => name.slice(24)).sort()).toEqual([".fxc", ".fxs", ".fxs"]);
}

/** Commands that write into `home`, by the names they use there. */
function commandsIn(home: string): string[][] {
  const at = (name: string) => path.join(home, name);
  const [fd, subjects, design, contrast, matrix] = inputs.positionals as [string, string, string, string, string];
  const quick = ["-nthreads", "0", "-nshuffles", "20", "--cache", at("cache")];
  return [
    ["convert", "fixels", fd, subjects, at("a.fxs")],
    ["convert", "fixels", fd, subjects, at("a.fxs"), "--scalar", "FC"],
    ["convert", "fixels", fd, subjects, at("a.h5")],
    ["convert", "cohort", inputs.at("cohort.csv"), at("a.fxs"), "--template", fd],
    ["convert", "cohort", inputs.at("cohort.csv"), at("a.h5"), "--template", fd],
    ["convert", "modelarray", inputs.at("in.h5"), at("a.fxs")],
    ["convert", "modelarray", inputs.at("in.h5"), at("a.h5")],
    ["convert", "vectors", inputs.at("v.npy"), at("a.fxs")],
    ["fixelcfestats", fd, subjects, design, contrast, matrix, at("out"), ...quick],
    ["fixelcfestats", at("a.fxs"), "-", design, contrast, matrix, at("out"), ...quick],
    ["vectorstats", inputs.at("v.npy"), design, contrast, at("out/"), ...quick],
    ["vectorstats", inputs.at("v.npy"), design, contrast, at("v_"), ...quick],
    ["export", at("out"), at("a.h5"), "--analysis", "lm"],
    ["export", inputs.at("in.h5"), at("out"), "--analysis", "lm"],
    ["export", inputs.at("in.h5"), at("img"), "--analysis", "lm"],
    ["cache", "clear", "--cache", at("cache")],
    ["demo", at("out")],
  ].map((tokens) => [...tokens, "-quiet"]);
}

/** Names at which a command makes, locks, sets aside or looks for something, now or in version 0.1. */
function namesUsed(): string[] {
  const outputs = ["a.fxs", "a.h5", ...cacheNames.map((name) => `cache/${name}`), "out/cohort.fxs"];
  const endings = [
    ...["", ".partial", `.partial-${process.pid}`, `.partial-${deadId()}`, `.partial-${foreignId()}`, ".replaced"],
    ...[`.replaced-${deadId()}`, ".scalars", ".lock", ".lock.next", `.chunk-${process.pid}`, `.used-${deadId()}`],
    ...[`.used-${foreignId()}`, `.lock.draft-${deadId()}`, `.lock.next.lock`, "/partial.json", "/publishing.json"],
    ...[".FC.fxs", ".FC.fxs.partial", "/store.json", "/FD.f32", "/FC.f32", "/notes.txt", "/journal.ndjson"],
  ];
  const results = [
    "cfe.mif",
    "run.json",
    "index.mif",
    "null_dist.txt",
    "Zstat.csv",
    "lm_cfe.mif",
    "demo.json",
    "stats",
  ];
  const hidden = [
    ...[`.partial-${process.pid}`, `.partial-${deadId()}`, `.fixelstream-${process.pid}`, `.fixelstream-${deadId()}`],
    ...[".results.lock", ".results.lock.next", `.partial-${foreignId()}`],
  ];
  return [
    ...outputs.flatMap((name) => endings.map((ending) => `${name}${ending}`)),
    ...["out", "img", "cache", "v_run.json", "v_Zstat.csv"],
    ...["out", "img"].flatMap((folder) => [...results, ...hidden].map((name) => `${folder}/${name}`)),
    ...["out/stats/cfe.mif", `${hidden[1]}`, "cache/notes.txt"],
  ];
}

const text = fc.constantFrom("ten years of work", "", "{}", '{"formatVersion":1}', "not empty\n");
type Thing = { kind: string; text: string };
const thing: fc.Arbitrary<Thing> = fc.record({
  kind: fc.constantFrom(
    "file",
    "folder",
    "tree",
    "empty folder",
    "link to folder",
    "link to file",
    "dangling",
    "shop",
    "read-only",
  ),
  text,
});
const step = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({ plant: thing, where: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }) }),
  },
  { weight: 3, arbitrary: fc.record({ command: fc.nat(), force: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ edit: fc.nat() }) },
);

/** Makes it unless something is there, or a part of the path is no directory. */
function plant(home: string, name: string, { kind, text }: Thing): void {
  const at = path.join(home, name);
  const isNamedAsOurs =
    /\.lock(\.next)*$/.test(name) || parseId(name.replace(/^.*(partial|used|draft|replaced|fixelstream)-/, ""));
  const given = text === "" && isNamedAsOurs ? "not empty\n" : text;
  try {
    fs.mkdirSync(path.dirname(at), { recursive: true });
    if (fs.lstatSync(at, { throwIfNoEntry: false }) !== undefined) return;
    if (kind === "file" || kind === "read-only") fs.writeFileSync(at, given, { mode: kind === "file" ? 0o644 : 0o400 });
    else if (kind === "link to folder") fs.symlinkSync(path.join(home, "precious"), at);
    else if (kind === "link to file") fs.symlinkSync(path.join(home, "precious", "letter.txt"), at);
    else if (kind === "dangling") fs.symlinkSync(path.join(home, "nowhere"), at);
    else {
      fs.mkdirSync(at);
      if (kind === "folder") fs.writeFileSync(path.join(at, "FD.f32"), text);
      if (kind === "shop") fs.writeFileSync(path.join(at, "store.json"), text);
      if (kind === "tree") fs.mkdirSync(path.join(at, "deep", "er"), { recursive: true });
      if (kind === "tree") fs.writeFileSync(path.join(at, "deep", "er", "x.txt"), text);
    }
  } catch (error) {
    // Below a file, or a directory that is a link to nowhere.
    if (!["ENOTDIR", "EEXIST", "ENOENT", "ELOOP"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
}

/** What every file and link below is, by its path; no link is followed. */
function contentsOf(folder: string, found = new Map<string, string>()): Map<string, string> {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const at = path.join(folder, entry.name);
    if (entry.isSymbolicLink()) found.set(at, `-> ${fs.readlinkSync(at)}`);
    else if (entry.isDirectory()) contentsOf(at, found);
    else found.set(at, fs.readFileSync(at, "latin1"));
  }
  return found;
}

/** A result of ours that the user changes is the user's. (An exported image is ours as long as its header says so.) */
function edit(home: string, which: number): void {
  const results = [...contentsOf(home).keys()]
    .filter((file) => /\/out\/(?!lm_)[^/]+\.(mif|txt|csv)$/.test(file))
    .sort();
  const file = results[which % Math.max(1, results.length)];
  if (file !== undefined && fs.lstatSync(file).isFile()) fs.appendFileSync(file, "mine");
}

/** Home by home, as many as `numRuns`; how often each command ended in which way, `convert 0`. */
export async function checkRemoving({ numRuns, seed }: { readonly numRuns: number; readonly seed: number }) {
  const statuses = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 9 }), async (steps) => {
      const home = path.join(root, `home${made++}`);
      fs.mkdirSync(path.join(home, "precious"), { recursive: true });
      fs.writeFileSync(path.join(home, "precious", "letter.txt"), "dear");
      fs.writeFileSync(path.join(home, "precious", "store.json"), "dear");
      /** By path: what the program did not make, or no longer knows. */
      const foreign = contentsOf(home);
      const names = namesUsed();
      for (const step of steps) {
        const before = contentsOf(home);
        if ("command" in step) {
          const commands = commandsIn(home);
          const tokens = commands[step.command % commands.length]!;
          const { status, stderr } = await runWithReport(step.force ? [...tokens, "-force"] : tokens);
          statuses.set(`${tokens[0]} ${status}`, (statuses.get(`${tokens[0]} ${status}`) ?? 0) + 1);
          expect([0, 1, 2], `${tokens.join(" ")}\n${stderr}`).toContain(status);
          const after = contentsOf(home);
          for (const [file, contents] of foreign)
            expect({ file, now: after.get(file), tokens }).toEqual({ file, now: contents, tokens });
        } else {
          if ("plant" in step) plant(home, names[Math.floor(step.where * names.length)]!, step.plant);
          else edit(home, step.edit);
          for (const [file, contents] of contentsOf(home))
            if (before.get(file) !== contents) foreign.set(file, contents);
        }
      }
      fs.rmSync(home, { recursive: true });
    }),
    { numRuns, seed },
  );
  return statuses;
}
