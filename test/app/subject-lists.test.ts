// Who takes part, out of a store, an .h5 or a longer list, and in which order: the analysis of those files alone, whatever the elements are.
import fs from "node:fs";
import { describe, expect, it, test } from "vitest";
import { ALL_COMMANDS, type CommandName, type EitherRun, newRun } from "../support/both-commands.js";
import { runInProcess } from "../support/in-process-cli.js";
import { rawFixelData } from "../support/make-cohort.js";
import { writeModelArrayFile } from "../support/modelarray-file.js";
import { readSmallImage } from "../support/peer.js";
import { fileOfSubject } from "../support/small-analysis.js";
import { bytesOf, npyBytes } from "../support/write-npy.js";

const N_ELEMENTS = 24;
/** Of eight subjects: one is left out, the others are turned round. */
const TAKEN = [7, 6, 5, 4, 2, 1, 0];

interface Cohort {
  readonly run: EitherRun;
  /** Of all subjects. */
  readonly list: string;
  readonly names: readonly string[];
}

const valuesOf = (run: EitherRun, i: number) => Array.from(readSmallImage(run.at("fd", fileOfSubject(i))).values);

/** A list of one file a subject, whatever the command takes. */
function newCohort(command: CommandName): Cohort {
  const run = newRun(command);
  const list = {
    fixelcfestats: "subjects.txt",
    vectorstats: "vectors.txt",
    mrclusterstats: "images.txt",
    connectomestats: "connectomes.txt",
  }[command];
  if (command === "vectorstats") {
    for (let i = 0; i < 8; i++) fs.writeFileSync(run.at(`v${i}.txt`), `${valuesOf(run, i).join(" ")}\n`);
    fs.writeFileSync(run.at(list), Array.from({ length: 8 }, (_, i) => `v${i}.txt\n`).join(""));
  }
  const names = fs.readFileSync(run.at(list), "utf8").trim().split("\n");
  fs.writeFileSync(run.at("taken.txt"), TAKEN.map((i) => `${names[i]}\n`).join(""));
  fs.writeFileSync(run.at("design.txt"), TAKEN.map((i) => `1 ${Number(i >= 4)}\n`).join(""));
  return { run, list: run.at(list), names };
}

async function convert({ run, list }: Cohort, store: string): Promise<string> {
  const inputs = {
    fixelcfestats: ["fixels", run.at("fd"), list],
    vectorstats: ["vectors", list],
    mrclusterstats: ["voxels", list, run.at("all.mif")],
    connectomestats: ["edges", list],
  }[run.command];
  const done = await runInProcess(["convert", ...inputs, run.at(store), "-quiet"]);
  expect(done).toMatchObject({ status: 0, stderr: "" });
  return run.at(store);
}

function imagesOf(run: EitherRun): Record<string, string> {
  const text = (name: string) =>
    run
      .result(name)
      .toString("latin1")
      .replace(/command_history.*/g, "")
      .replace(/^#.*/m, "");
  const names = run.results().filter((name) => name !== "run.json");
  return Object.fromEntries(names.map((name) => [name, text(name)]));
}

describe.each(ALL_COMMANDS)("%s", (command) => {
  const isFixels = command === "fixelcfestats";
  it("of a store, and of the whole list: the bits of those files alone", async () => {
    const cohort = newCohort(command);
    const { run, list, names } = cohort;
    const common = { force: true, command: "test" };
    await run.infer({ ...common, ...(isFixels ? { subjects: run.at("taken.txt") } : { input: run.at("taken.txt") }) });
    const expected = imagesOf(run);
    expect(Object.keys(expected).length).toBeGreaterThan(6);
    const store = await convert(cohort, "all.fxs");
    const given = [{ input: store }, ...(isFixels ? [] : [{ input: list }])];
    for (const input of given) {
      await run.infer({ ...common, ...input, subjects: run.at("taken.txt") });
      expect(imagesOf(run)).toEqual(expected);
      const { inputs, problem } = run.record as unknown as {
        inputs: { subjects: { name: string }[] };
        problem: { nSubjects: number };
      };
      expect(inputs.subjects.map(({ name }) => name)).toEqual(TAKEN.map((i) => names[i]));
      expect(problem.nSubjects).toBe(7);
    }
  });

  it("names that are not there, or twice", async () => {
    const cohort = newCohort(command);
    const { run, names } = cohort;
    const store = await convert(cohort, "all.fxs");
    const refusal = async (...listed: string[]) => {
      fs.writeFileSync(run.at("wrong.txt"), listed.map((name) => `${name}\n`).join(""));
      const message = await run.infer({ input: store, subjects: run.at("wrong.txt") }).then(
        () => "",
        (error: Error) => run.relative(error.message),
      );
      return message
        .split("\n")
        .find((line) => line.includes("wrong.txt"))
        ?.trim();
    };
    const advice = "Write each name once, as it was listed when the store was made (info --subjects prints them).";
    expect(await refusal(names[0]!, "nobody", ...names.slice(2, 7))).toBe(
      `Cannot select subjects of wrong.txt from all.fxs: not in the store: nobody. ${advice}`,
    );
    expect(await refusal(names[0]!, names[0]!, ...names.slice(2, 7))).toBe(
      `Cannot select subjects of wrong.txt from all.fxs: listed more than once: ${names[0]}. ${advice}`,
    );
  });
});

test.each(["vectorstats", "mrclusterstats"] as const)(
  "%s: of an .h5, with a regressor of all subjects out of another",
  async (command) => {
    const cohort = newCohort(command);
    const { run, names } = cohort;
    const voxels =
      command === "mrclusterstats" ? Array.from({ length: N_ELEMENTS }, (_, e) => [e, 0, 0] as const) : undefined;
    const own = (subject: number, e: number) => ((subject * 7 + e * 5) % 11) / 4;
    const write = (name: string, of: (subject: number) => number[]) =>
      writeModelArrayFile(run.at(name), {
        ...{ names, voxels },
        values: Float32Array.from(names.flatMap((_, subject) => of(subject))),
      });
    await write("data.h5", (subject) => valuesOf(run, subject));
    await write("column.h5", (subject) => Array.from({ length: N_ELEMENTS }, (_, e) => own(subject, e)));
    fs.writeFileSync(run.at("contrast.txt"), "0 -1 0\n");
    const columns = TAKEN.map((i) => Float32Array.from({ length: N_ELEMENTS }, (_, e) => own(i, e)));
    for (const [i, values] of columns.entries()) fs.writeFileSync(run.at(`column-${i}.mif`), rawFixelData(values));
    fs.writeFileSync(run.at("column.txt"), columns.map((_, i) => `column-${i}.mif\n`).join(""));
    const matrix = bytesOf(Float32Array.from(columns.flatMap((values) => Array.from(values))));
    fs.writeFileSync(run.at("column.npy"), npyBytes({ shape: [TAKEN.length, N_ELEMENTS], data: matrix }));
    const column = [run.at(command === "vectorstats" ? "column.npy" : "column.txt")];
    const common = { force: true, command: "test" };
    await run.infer({ ...common, input: run.at("taken.txt"), column });
    const expected = imagesOf(run);
    for (const regressor of [column, [run.at("column.h5")]]) {
      const given = { input: run.at("data.h5"), subjects: run.at("taken.txt"), column: regressor };
      await run.infer({ ...common, ...given });
      expect(imagesOf(run)).toEqual(expected);
    }
  },
);

test("values without names", async () => {
  const run = newRun("vectorstats");
  fs.writeFileSync(run.at("taken.txt"), "a\n");
  const { status, stderr } = await run.run("--subjects", run.at("taken.txt"));
  expect(status).toBe(2);
  expect(run.relative(stderr)).toContain(
    "Cannot use --subjects with values.npy: expected names of subjects in it, got values without names. Leave --subjects out, and give the rows of those who take part alone.\n",
  );
});
