// Enhanced statistics are float32: where a power takes them out of it, no infinite value reaches a file.
import { join } from "node:path";
import { expect, test } from "vitest";
import { writeProblem, writeRows } from "../support/make-problem.js";
import { runProblem } from "../support/run-inference.js";
import { createRandom } from "../support/seeded-random.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

test.each([{ notest: true }, { notest: false, nShuffles: 5 }])("a large -cfe_h is refused, %j", async (options) => {
  const directory = temporaryDirectory();
  const at = (name: string) => join(directory, name);
  writeProblem(directory, { nSubjects: 12, nFixels: 60, nConnections: 5 }, createRandom(3));
  const run = runProblem(directory, {
    design: writeRows(
      at("design.txt"),
      Array.from({ length: 12 }, (_, i) => [1, i % 2]),
    ),
    contrast: writeRows(at("contrast.txt"), [[0, 1]]),
    output: at("out"),
    cfeH: 300,
    ...options,
  });
  await expect(run).rejects.toThrow(
    "Cannot use this -cfe_h: what is made of the largest statistics leaves float32 (3.4e38). Give a smaller -cfe_h or -cfe_e.",
  );
});
