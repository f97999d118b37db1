// Code that V8 made of the program when it was built: taken by this Node, and by nothing that it was not made of. Needs `npm run build`.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { temporaryDirectory } from "../support/temporary-directory.js";

const root = join(import.meta.dirname, "../..");
const { codeFolder } = createRequire(import.meta.url)(join(root, "dist/bin/load.js")) as { codeFolder: string };
const files = readdirSync(join(root, "dist/program")).filter((name) => name.endsWith(".js"));
const TEXT = "Statistical inference on fixel data";
/** As long. */
const OTHER = "Statistical inferencE on fixel data";

/** A copy of the program, whose files are from before its code. */
function copyProgram() {
  const copy = temporaryDirectory();
  for (const name of ["dist/bin", "dist/program"])
    cpSync(join(root, name), join(copy, name), { recursive: true, preserveTimestamps: true });
  cpSync(join(root, "package.json"), join(copy, "package.json"));
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  const code = codeFolder.replace(root, copy);
  const isTaken = () => {
    const script = `const { load, scripts } = require("./dist/bin/load.js"); load("fixelstream.js");
      process.on("exit", () => console.error(JSON.stringify([...scripts].map(([name, { cachedDataRejected }]) => [name, cachedDataRejected]))));`;
    const { stderr } = spawnSync(process.execPath, ["-e", script, "-", "-help"], { cwd: copy, encoding: "utf8" });
    return new Map(JSON.parse(stderr) as [string, boolean | null][]);
  };
  const help = () =>
    spawnSync(process.execPath, [join(copy, "dist/bin/fixelstream.js"), "-help"], { encoding: "utf8" }).stdout;
  return { copy, code, help, isTaken };
}

describe("code that was kept when the program was built", () => {
  let program: ReturnType<typeof copyProgram>;
  beforeEach(() => {
    program = copyProgram();
  });

  it("is there for this Node, of what a start and the main job load", () => {
    const kept = readdirSync(codeFolder);
    expect(kept).toContain("fixelstream.js");
    expect(kept.length).toBeGreaterThan(20);
    expect(kept.filter((name) => !files.includes(name))).toEqual([]);
  });

  it("is taken whole", () => {
    const taken = program.isTaken();
    expect(taken.size).toBeGreaterThan(3);
    expect([...taken].filter(([, rejected]) => rejected !== false)).toEqual([]);
  });

  it("is not taken of a file that has changed since, though it is as long as before", () => {
    const changed = files
      .map((name) => join(program.copy, "dist/program", name))
      .find((file) => readFileSync(file, "latin1").includes(TEXT))!;
    writeFileSync(changed, readFileSync(changed, "latin1").replaceAll(TEXT, OTHER), "latin1");
    const later = Date.now() / 1000 + 60; // a test takes no second
    utimesSync(changed, later, later);
    expect(program.help()).toContain(OTHER);
    expect([...program.isTaken().values()]).toContain(null);
  });

  it.each([
    ["is none", (code: string) => rmSync(code, { recursive: true })],
    ["is of another Node", (code: string) => cpSync(code, `${code}-other`, { recursive: true })],
    [
      "is no code",
      (code: string) => {
        for (const name of readdirSync(code)) writeFileSync(join(code, name), "no code at all");
      },
    ],
    [
      "is empty",
      (code: string) => {
        for (const name of readdirSync(code)) writeFileSync(join(code, name), "");
      },
    ],
  ])("is not needed where there %s", (_, change) => {
    const before = program.help();
    expect(before).toContain(TEXT);
    change(program.code);
    if (existsSync(`${program.code}-other`)) rmSync(program.code, { recursive: true });
    expect(program.help()).toBe(before);
  });
});
