// What a command loads when it starts: few files, because each takes half a millisecond. Needs `npm run build`.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const program = join(import.meta.dirname, "../../dist/program");
const files = readdirSync(program).filter((name) => name.endsWith(".js"));

/** Those that are loaded with it, itself included. */
function loadedWith(start: string): Set<string> {
  const loaded = new Set([start]);
  for (const name of loaded) {
    const source = readFileSync(join(program, name), "utf8");
    for (const [, next] of source.matchAll(/^(?:var \w+ = )?require\("\.\/(.+\.js)"\);$/gm)) loaded.add(next!);
  }
  return loaded;
}

/** What declares it, not what it does, which may have the same name. */
const isCommand = (file: string) =>
  /_exports, \{\s*define: \(\) => define\s*\}\);/.test(readFileSync(join(program, file), "utf8"));

/** What the program takes of ml-matrix. */
const DECOMPOSES = /\b(SingularValueDecomposition|AbstractMatrix) = class\b/;

describe("the program", () => {
  const start = loadedWith("fixelstream.js");

  it("begins with few files", () => {
    expect(start.size).toBeGreaterThan(1);
    expect(start.size).toBeLessThanOrEqual(5);
  });

  it("asks for no ES module itself, of which Node would warn the user: bin/load.ts does", () => {
    const texts = files.map((name) => readFileSync(join(program, name), "utf8"));
    expect(texts.some((text) => text.includes("__import("))).toBe(true);
    expect(texts.filter((text) => /(?<![\w.$])import\(/.test(text))).toEqual([]);
  });

  it("decomposes matrices somewhere", () => {
    expect(files.some((name) => DECOMPOSES.test(readFileSync(join(program, name), "utf8")))).toBe(true);
  });

  it.each(["engine-worker", "elementwise-worker", "filter-worker", "connectivity-worker", "hdf5-worker"])(
    "has threads that decompose no matrix: %s",
    (name) => {
      const sources = [...loadedWith(`${name}.js`)].map((file) => readFileSync(join(program, file), "utf8"));
      expect(sources.join("\n")).toContain("InternalError: () => InternalError");
      expect(sources.filter((source) => DECOMPOSES.test(source))).toEqual([]);
    },
  );

  it.each([
    ["convert", 15],
    ["vectors", 30],
    ["fixels", 40],
    ["voxels", 40],
    ["edges", 40],
    ["fit-models", 40],
    ["fixel-filter", 40],
  ])("loads few more for %s", (name, most) => {
    const [entry, ...others] = files.filter(
      (file) => new RegExp(`^${name}-[A-Z0-9]{8}\\.js$`).test(file) && !isCommand(file),
    );
    expect(others).toEqual([]);
    const more = [...loadedWith(entry!)].filter((file) => !start.has(file));
    expect(more.length).toBeGreaterThan(1);
    expect(more.length).toBeLessThanOrEqual(most);
  });
});
