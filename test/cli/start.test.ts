// What a command loads before its work: files of the built program, counted, because the time of a start is theirs. Times are in the bench (start.mjs).
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, isAbsolute, join } from "node:path";
import { expect, it } from "vitest";
import { COMMANDS } from "../../src/cli/command-list.js";
import { VERSION } from "../../src/version.js";
import { repositoryRoot } from "../support/peer.js";
import { builtCommand, runCli } from "../support/run-cli.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const program = join(repositoryRoot, "dist", "program");
const listModules = join(repositoryRoot, "test", "support", "modules-loaded.cjs");
const sources = JSON.parse(readFileSync(join(program, "sources.json"), "utf8")) as Record<string, readonly string[]>;

function modulesOf(tokens: readonly string[]): string[] {
  const file = join(temporaryDirectory(), "loaded.txt");
  const { status, stderr } = spawnSync(process.execPath, ["--require", listModules, builtCommand, ...tokens], {
    encoding: "utf8",
    env: { ...process.env, FIXELSTREAM_MODULES: file },
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const lines = readFileSync(file, "utf8").trim().split("\n");
  return [...new Set(lines.filter((line) => !line.includes("modules-loaded")))];
}

const filesOf = (modules: readonly string[]) => modules.filter(isAbsolute);
const names = new Set(COMMANDS.map(({ name }) => name));
/** Commands whose own files are among them. */
const commandsOf = (modules: readonly string[]) =>
  filesOf(modules)
    .flatMap((url) => /\/([a-z]+)-[A-Z0-9]{8}\.js$/.exec(url)?.[1] ?? [])
    .filter((name) => names.has(name));
const sourcesOf = (modules: readonly string[]) => filesOf(modules).flatMap((file) => sources[basename(file)] ?? []);

it("-version loads at most 5 files: no command, and nothing that commands are made of", () => {
  for (const version of ["-version", "--version"]) {
    const modules = modulesOf([version]);
    expect(filesOf(modules).length).toBeLessThanOrEqual(5);
    const loaded = sourcesOf(modules);
    expect(loaded).toContain("src/version.ts");
    expect(
      loaded.filter((source) => /^node_modules|^converters|^src\/app|^src\/cli\/commands|program/.test(source)),
    ).toEqual([]);
    expect(modules).toContain("node:fs");
    expect(modules.filter((name) => UNNEEDED.test(name))).toEqual([]);
  }
});

/** Of Node's own: each takes milliseconds. */
const UNNEEDED = /^node:(child_process|crypto|http|zlib)$/;

it.each([
  [["-help"], []],
  [["fixelcfestats", "-help"], ["fixelcfestats"]],
  [["help", "gam"], ["gam"]],
  [["info", "-version"], ["info"]],
  [["convert", "cohort", "-help"], ["convert"]],
])("%j loads at most 16 files, of the commands %j, nothing of the work and no package", (tokens, commands) => {
  const modules = modulesOf(tokens);
  const files = filesOf(modules);
  expect(files.length).toBeGreaterThan(1);
  expect(files.length).toBeLessThanOrEqual(16);
  expect(commandsOf(modules)).toEqual(commands);
  expect(files.filter((url) => url.includes("node_modules") || url.includes("/dist/src/"))).toEqual([]);
  expect(sourcesOf(modules).filter((source) => source.includes("zod"))).toEqual([]);
  expect(modules.filter((name) => UNNEEDED.test(name))).toEqual([]);
});

it("what every start loads has at most 30 kB", () => {
  const seen = new Set<string>();
  const visit = (file: string) => {
    if (seen.has(file)) return;
    seen.add(file);
    const text = readFileSync(file, "utf8");
    for (const [, name] of text.matchAll(/^(?:var \w+ = )?require\("(\.[^"]+)"\);$/gm))
      visit(join(dirname(file), name!));
  };
  const [, loader] = /require\("([^"]+)"\)/.exec(readFileSync(builtCommand, "utf8")) ?? [];
  for (const file of [builtCommand, join(dirname(builtCommand), loader!), join(program, "fixelstream.js")]) visit(file);
  expect(seen.size).toBeGreaterThan(4);
  const bytes = [...seen].reduce((sum, file) => sum + statSync(file).size, 0);
  expect(bytes).toBeLessThanOrEqual(30_000);
});

it("a conversion loads at most 22 files; its sources are seven times as many", () => {
  const cohort = join(repositoryRoot, "fixtures", "demo");
  const store = join(temporaryDirectory(), "cohort.fxs");
  const modules = modulesOf(["convert", "fixels", join(cohort, "fd"), join(cohort, "subjects.txt"), store, "-quiet"]);
  expect(filesOf(modules).length).toBeLessThanOrEqual(22);
  expect(sourcesOf(modules).length).toBeGreaterThan(7 * 22);
});

it("each thread of the program begins in it, where the sources say that it lies", () => {
  for (const entry of [
    "bin/fixelstream",
    "src/engine/worker",
    "src/engine/filter/worker",
    "src/engine/elementwise/worker",
    "src/formats/hdf5/worker",
    "src/connectivity/generate/worker",
    "converters/second-thread-entry",
  ]) {
    const text = readFileSync(join(repositoryRoot, "dist", `${entry}.js`), "utf8");
    const [, loader, target] = /"(\.[^"]+)"[^"]*load\("([\w-]+\.js)"\);\s*$/.exec(text) ?? [];
    expect(join(repositoryRoot, "dist", dirname(entry), loader!), entry).toBe(join(repositoryRoot, "dist/bin/load.js"));
    expect(existsSync(join(program, target!)), entry).toBe(true);
  }
});

it("is at home where it was built: it finds its package", () => {
  expect(runCli(["-version"], temporaryDirectory())).toEqual({ status: 0, stdout: `${VERSION}\n`, stderr: "" });
});
