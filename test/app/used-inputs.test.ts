// run.json says what was used: files that are edited while a run goes on are recorded as they were when they were read.
import { createHash } from "node:crypto";
import fs from "node:fs";
import { describe, expect, it } from "vitest";
import { ALL_COMMANDS, newRun, writeColumnFor, writeMaskFor } from "../support/both-commands.js";

const sha256 = (path: string) => createHash("sha256").update(fs.readFileSync(path)).digest("hex");

describe.each(ALL_COMMANDS)("%s", (command) => {
  it("records the small files as they were when they were read", async () => {
    const run = newRun(command);
    const write = (name: string, text: string | Uint8Array) => {
      fs.writeFileSync(run.at(name), text);
      return run.at(name);
    };
    const files: Record<string, string> = {
      design: run.at("design.txt"),
      contrast: write("contrast.txt", "0 -1\n1 0\n"),
      ftests: write("ftests.txt", "1 1\n"),
      variance: write("variance.txt", "1\n2\n1\n2\n1\n2\n1\n2\n"),
      exchangeWithin: write("blocks.txt", "1\n1\n2\n2\n1\n1\n2\n2\n"),
      ...(command === "fixelcfestats" ? { subjects: run.at("subjects.txt") } : {}),
      ...(command === "vectorstats"
        ? {}
        : { mask: writeMaskFor(run, "mask", () => true), posthoc: writeMaskFor(run, "posthoc", () => true) }),
    };
    const before = Object.entries(files).map(([role, path]) => {
      return [role === "subjects" ? "subjectList" : role, { path, sha256: sha256(path) }];
    });
    let edited = false;
    const events = {
      onProgress(phase: string) {
        if (phase !== "observe" || edited) return;
        edited = true;
        for (const path of Object.values(files)) fs.appendFileSync(path, "\n# edited\n");
      },
    };
    await run.infer(files, events);
    expect(edited).toBe(true);
    expect(run.record.inputs).toMatchObject(Object.fromEntries(before));
    // and the next run records what is there then
    fs.truncateSync(files["design"]!, 0);
    fs.writeFileSync(files["design"]!, "# another\n1 0\n1 1\n1 0\n1 1\n1 0\n1 1\n1 0\n1 1\n");
    for (const name of ["variance", "exchangeWithin"]) expect(fs.readFileSync(files[name]!, "utf8")).toMatch(/edited/);
    const text = Object.fromEntries(Object.entries(files).filter(([role]) => !/mask|posthoc|subjects/.test(role)));
    fs.truncateSync(run.at("subjects.txt"), fs.statSync(run.at("subjects.txt")).size - "\n# edited\n".length);
    await run.infer({ ...text, force: true });
    expect(run.record.inputs["design"]!.sha256).toBe(sha256(files["design"]!));
  });

  it("computes with the design that it records", async () => {
    const run = newRun(command);
    const edit = () => fs.writeFileSync(run.at("design.txt"), "1 1\n".repeat(4) + "1 0\n".repeat(4));
    const plain = newRun(command);
    await plain.infer();
    await run.infer({}, { onFacts: edit });
    expect(run.record.inputs["design"]!.sha256).toBe(plain.record.inputs["design"]!.sha256);
    expect(run.record.runPlan.hash).toBe(plain.record.runPlan.hash);
  });
});

it("the subjects that are converted are those of the list that was read, in its order", async () => {
  const [plain, run] = [newRun("fixelcfestats"), newRun("fixelcfestats")];
  const list = run.at("subjects.txt");
  const columns = [writeColumnFor(plain), writeColumnFor(run)];
  for (const { at } of [plain, run]) fs.writeFileSync(at("contrast.txt"), "0 -1 0\n");
  const turn = (file: string) => fs.writeFileSync(file, fs.readFileSync(file, "utf8").split("\n").reverse().join("\n"));
  await plain.infer({ column: [columns[0]!] });
  await run.infer(
    { column: [columns[1]!] },
    {
      onFacts() {
        turn(list);
        turn(columns[1]!);
      },
    },
  );
  expect(run.record.runPlan.hash).toBe(plain.record.runPlan.hash);
  expect(run.record.inputs["subjects"]).toEqual(plain.record.inputs["subjects"]);
  expect(run.result("Zstat.mif").subarray(-96)).toEqual(plain.result("Zstat.mif").subarray(-96));
});

it("lists of element-wise columns are recorded as they were when they were read", async () => {
  const run = newRun("fixelcfestats");
  const column = [writeColumnFor(run)];
  fs.writeFileSync(run.at("contrast.txt"), "0 -1 0\n");
  const expected = { path: column[0], sha256: sha256(column[0]!) };
  await run.infer({ column }, { onPlan: () => fs.appendFileSync(column[0]!, "another.mif\n") });
  expect(run.record.inputs).toMatchObject({ column1: expected });
});

it("the template of the results is recorded as it was copied", async () => {
  const run = newRun("fixelcfestats");
  const expected = sha256(run.at("fd", "directions.mif"));
  await run.infer({}, { onFacts: () => {}, onPlan: () => fs.appendFileSync(run.at("fd", "directions.mif"), "xxxx") });
  expect(run.record.inputs).toMatchObject({ template: { directions: { sha256: expected } } });
  expect(sha256(run.at("out", "directions.mif"))).toBe(expected);
});
