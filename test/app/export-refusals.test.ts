// export between results and ModelArray files: what belongs to other fixels, or is not finished, is refused before anything is written.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { exportHdf5 } from "../../src/app/export/export-hdf5.js";
import { exportImages } from "../../src/app/export/export-images.js";
import { openDraft } from "../../src/formats/hdf5/draft.js";
import { WRITING_MARKER } from "../../src/formats/hdf5/modelarray-layout.js";
import { openHdf5 } from "../../src/formats/hdf5/open.js";
import { newAnalysis } from "../support/expect-refusal.js";
import { runInProcess } from "../support/in-process-cli.js";
import { writeTemplate } from "../support/make-cohort.js";

const input = newAnalysis();
const other = newAnalysis({ nFixels: 30 });
const file = input.at("results.h5");

beforeAll(async () => {
  for (const { positionals } of [input, other]) {
    const tokens = ["fixelcfestats", ...positionals, "-nshuffles", "20", "-nthreads", "0", "-quiet"];
    expect((await runInProcess(tokens)).status).toBe(0);
  }
  await exportHdf5({ results: input.at("out"), output: file, analysis: "one" });
});

test("images beside the index of another template", async () => {
  writeTemplate(input.at("template"), 23);
  const options = { input: file, analysis: "one", template: input.at("template"), output: input.at("images") };
  await expect(exportImages({ ...options, force: false, memoryBytes: 2 ** 24, command: "export" })).rejects.toThrow(
    `Cannot export one of ${file}: expected 24 fixels in ${input.at("template")}, got 23. Give the right fixel directory with --template.`,
  );
  expect(existsSync(input.at("images"))).toBe(false);
});

test("results into a file of other fixels", async () => {
  const before = readFileSync(file);
  await expect(exportHdf5({ results: other.at("out"), output: file, analysis: "two" })).rejects.toThrow(
    `Cannot write ${other.at("out")} to ${file}: expected 24 fixels, as its /fixels has, got 30. Give the results of the same template, or a new file.`,
  );
  expect(readFileSync(file)).toEqual(before);
});

test("results into a file that is being written, or was not finished", async () => {
  const unfinished = join(input.root, "unfinished.h5");
  await exportHdf5({ results: input.at("out"), output: unfinished, analysis: "one" });
  const draft = await openDraft(unfinished, unfinished, "add");
  await draft.setAttribute("/", WRITING_MARKER, "somebody");
  await draft.close();
  const before = readFileSync(unfinished);
  await expect(exportHdf5({ results: input.at("out"), output: unfinished, analysis: "two" })).rejects.toMatchObject({
    _tag: "InputError",
    message: expect.stringContaining(unfinished),
  });
  expect(readFileSync(unfinished)).toEqual(before);
});

test("results into a file of ours that is damaged: the copy would carry it on", async () => {
  const damaged = join(input.root, "damaged.h5");
  await exportHdf5({ results: input.at("out"), output: damaged, analysis: "one" });
  const opened = await openHdf5(damaged);
  const { byteOffset } = await opened.layoutOf(await opened.describe("/results/one/results_matrix"));
  await opened.close();
  const bytes = readFileSync(damaged);
  bytes[byteOffset! + 8 * 30 + 3]! ^= 4;
  writeFileSync(damaged, bytes);
  await expect(exportHdf5({ results: input.at("out"), output: damaged, analysis: "two" })).rejects.toThrow(
    new RegExp(
      `^Cannot add to ${damaged}: expected a file as it was written, got a damaged one\\. Cannot .*/results/one/results_matrix.* fixelstream verify ${damaged} lists all of it\\.$`,
    ),
  );
  expect(readFileSync(damaged)).toEqual(bytes);
});
