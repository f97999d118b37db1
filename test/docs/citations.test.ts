// Whatever a comment or a document cites is there: a user of this repository has nothing else. CONTRIBUTING.md says how to cite.
import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { deadCitations, headingsIn, readRepository, SPECIFICATION } from "../support/citations.js";
import { repositoryRoot } from "../support/peer.js";

const repository = readRepository(repositoryRoot);
const CITING = /^((src|converters|bin|test|fixtures\/make)\/.*\.(ts|mjs|as|py|R)|\.ci\/.*|[^/]*\.mjs|.*\.md)$/;
/** This file plants what must be found. */
const PLANTED = ["test/docs/citations.test.ts", "test/support/citations.ts"];

const files = [...repository.paths].filter(
  (file) => CITING.test(file) && !PLANTED.includes(file) && fs.statSync(path.join(repositoryRoot, file)).isFile(),
);
const read = (file: string) => fs.readFileSync(path.join(repositoryRoot, file), "utf8");

it("everything that is cited exists", () => {
  expect(files.length).toBeGreaterThan(200);
  expect(files).toContain(".dependency-cruiser.mjs");
  const dead = files.flatMap((file) => deadCitations(file, read(file), repository).map((what) => `${file}: ${what}`));
  expect(dead).toEqual([]);
});

it.each(Object.entries(SPECIFICATION))("sections of docs/internals/%s.md are numbered in order", (name, letter) => {
  const sections = headingsIn(read(`docs/internals/${name}.md`)).slice(1);
  expect(sections.map((heading) => heading.split(" ")[0])).toEqual(sections.map((_, i) => `${letter}${i + 1}`));
});

describe("a planted citation", () => {
  const find = (text: string, file = "src/stats/glm/planted.ts") => deadCitations(file, text, repository);
  it.each([
    ["// engine.md section 1", '"engine.md section 1": nobody has that'],
    ["// Semantics section 4", '"Semantics section 4": nobody has that'],
    ["// architecture.md", "architecture.md: no such document"],
    ["// (storage-facts 4)", '"storage-facts": nobody has that'],
    ["// callers plan (`memory-layout`)", '"memory-layout": nobody has that'],
    ["// ../shared/design/run.md", '"../shared/design": nobody has that'],
    ["// mathematics M99", "mathematics M99: no such section"],
    ["// (semantics S1, S77 and S2)", "semantics S77: no such section"],
    ["// `run R0`", "run R0: no such section"],
    ["// docs/benchmarks.md#nothing-like-it", "docs/benchmarks.md#nothing-like-it: no such heading"],
    ["// ../CONTRACTS.md", "../CONTRACTS.md: no such document"],
    ["/** of Q beside them (model-tests.ts) */", "model-tests.ts: no such file"],
    ["// test/rooms checks it", "test/rooms: no such file or folder"],
    ["// `.ci/planted-imports`", ".ci/planted-imports: no such file or folder"],
    ["// test/no-such-room/*.test.ts", "test/no-such-room/*.test.ts: no such file or folder"],
  ])("%s is found", (text, problem) => {
    expect(find(text)).toContain(problem);
  });
  it("in Markdown and in Python too", () => {
    expect(find("see `nowhere.ts`\n", "docs/planted.md")).toEqual(["nowhere.ts: no such file"]);
    expect(find("x = 1  # nowhere.mjs\n", "fixtures/make/planted.py")).toEqual(["nowhere.mjs: no such file"]);
    expect(find("as M98 says", "docs/internals/run.md")).toEqual(["mathematics M98: no such section"]);
  });
  it("that is alive is not", () => {
    const alive = `
      // mathematics M1, M2 and M3; (semantics S5); M0 alone is a matrix
      // kernels/CONTRACTS.md#f64BinStatistics, RATIONALE.md, docs/formats.md#the-store
      // fast-z.ts, design/partition.ts, test/support/oracle-*.ts, src/formats/NAME/, https://example.org/engine.md
      const path = "nowhere.ts";`;
    expect(find(alive)).toEqual([]);
  });
});
