// -force: what the earlier run listed and this one does not make is removed, and nothing else ever is.
import fs from "node:fs";
import { describe, expect, it } from "vitest";
import { ALL_COMMANDS, type CommandName, type EitherRun, NAMES, newRun } from "../support/both-commands.js";

const ending = (command: CommandName) => NAMES[command].ending;
const nameIn = (run: EitherRun, name: string) => run.at("out", NAMES[run.command].isPrefixed ? `x_${name}` : name);
const warningOf = async (run: EitherRun, ...tokens: string[]) => {
  const { status, stderr } = await run.run("-force", "--report", ...tokens);
  expect(status, stderr).toBe(0);
  return run.relative(stderr);
};
/** A value is missing: there is a cond. */
const missing = (subject: number, element: number) =>
  subject === 1 && element === 3 ? Number.NaN : ((subject * 7 + element * 3) % 13) / 4;

describe.each(ALL_COMMANDS)("%s -force", (command) => {
  const where = command === "fixelcfestats" ? " in out" : `, out/x_*${ending(command)},`;

  it("removes the results of the earlier run that it does not make, and counts them", async () => {
    const run = newRun(command);
    expect((await run.run("--report")).status).toBe(0);
    const before = run.results();
    const message = await warningOf(run, "-notest");
    const after = run.results();
    const gone = before.filter((name) => !after.includes(name));
    expect(gone.map((name) => name.replace(/\.\w+$/, ""))).toEqual([
      ...["fwe_1mpvalue", "null_contributions", "null_dist", NAMES[command].uncorrected],
    ]);
    // index and directions are no results
    const nResults = after.filter((name) => !["index.mif", "directions.mif"].includes(name)).length;
    expect(message).toBe(
      `fixelstream: warning: ${nResults} results of an earlier run${where} will be overwritten. 4 more, which this run does not make, will be removed.\n`,
    );
    expect(run.record.files.map((name) => name.replace(/^x_/, "")).sort()).toEqual(
      after.filter((name) => !["index.mif", "directions.mif", "run.json"].includes(name)),
    );
  });

  it("removes cond when nothing is missing any more", async () => {
    const run = newRun(command, { value: missing });
    await run.infer();
    expect(run.results()).toContain(`cond${ending(command)}`);
    const other = newRun(command);
    const source = { input: other.optionsOf({}).input };
    await run.infer({ ...source, force: true });
    expect(run.results()).not.toContain(`cond${ending(command)}`);
    expect(run.record.files.some((name) => name.includes("cond"))).toBe(false);
  });

  it("leaves what no record lists, links, and what lies elsewhere", async () => {
    const run = newRun(command);
    await run.infer();
    const own = nameIn(run, `mine${ending(command)}`);
    fs.writeFileSync(own, "mine");
    const aside = run.at("aside.txt");
    fs.writeFileSync(aside, "raw data");
    const fwe = nameIn(run, `fwe_1mpvalue${ending(command)}`);
    fs.rmSync(fwe);
    fs.symlinkSync(aside, fwe);
    fs.mkdirSync(nameIn(run, "folder"));
    const record = run.record;
    fs.writeFileSync(
      nameIn(run, "run.json"),
      JSON.stringify({ ...record, files: [...record.files, "folder", "x_folder"] }),
    );
    await run.infer({ notest: true, force: true });
    expect(fs.readFileSync(own, "utf8")).toBe("mine");
    expect(fs.readFileSync(aside, "utf8")).toBe("raw data");
    expect(fs.lstatSync(fwe).isSymbolicLink()).toBe(true);
    expect(fs.existsSync(nameIn(run, "folder"))).toBe(true);
  });

  it("leaves a result that was changed since, also where its size is as it was", async () => {
    const run = newRun(command);
    await run.infer();
    const changed = nameIn(run, `fwe_1mpvalue${ending(command)}`);
    const bytes = fs.readFileSync(changed);
    bytes[bytes.length - 2]! ^= 1;
    fs.writeFileSync(changed, bytes);
    // one that this run would remove stays
    await run.infer({ notest: true, force: true });
    expect(fs.readFileSync(changed)).toEqual(bytes);
    // and one that it would replace is refused
    await expect(run.infer({ force: true })).rejects.toThrow(/got a file that/);
    expect(fs.readFileSync(changed)).toEqual(bytes);
  });

  it.each(["../aside.txt", "/etc/passwd", "sub\\aside.txt", "..", ""])(
    "refuses a record that lists %j",
    async (name) => {
      const run = newRun(command);
      await run.infer();
      fs.writeFileSync(run.at("aside.txt"), "raw data");
      fs.writeFileSync(nameIn(run, "run.json"), JSON.stringify({ ...run.record, files: [name] }));
      const before = run.results().map((file) => [file, run.result(file)]);
      const { status, stderr } = await run.run("-force", "--report");
      const record = command === "fixelcfestats" ? "run.json" : "x_run.json";
      const target = command === "fixelcfestats" ? "out" : `out/x_*${ending(command)}`;
      expect(run.relative(stderr)).toBe(
        `fixelstream: error: Cannot write results to ${target}: expected plain file names in the list of an earlier run in ${record}, got ${JSON.stringify(name)}. Remove that ${record}, or choose another place for the results.\n`,
      );
      expect(status).toBe(1);
      expect(run.results().map((file) => [file, run.result(file)])).toEqual(before);
      expect(fs.readFileSync(run.at("aside.txt"), "utf8")).toBe("raw data");
    },
  );

  it.each(["not json", "{}", '{"format":"other","files":["mine"]}', '{"format":"fixelstream-run","files":3}'])(
    "replaces and removes nothing by a record such as %s",
    async (text) => {
      const run = newRun(command);
      await run.infer();
      fs.writeFileSync(nameIn(run, "run.json"), text);
      fs.writeFileSync(nameIn(run, "mine"), "mine");
      const before = run.results().map((file) => [file, run.result(file)]);
      const { status, stderr } = await run.run("-force", "-notest", "--report");
      expect(status).toBe(1);
      expect(run.relative(stderr)).toMatch(
        /^fixelstream: error: Cannot write results to out\S*: expected \S+ to be a result of an earlier run, got a file without the record of a run beside it\. -force replaces only what fixelstream wrote: move it away\. Choose another/,
      );
      expect(run.results().map((file) => [file, run.result(file)])).toEqual(before);
    },
  );

  it("leaves a result that was changed since and that it does not make", async () => {
    const run = newRun(command);
    await run.infer();
    const fwe = nameIn(run, `fwe_1mpvalue${ending(command)}`);
    fs.appendFileSync(fwe, "mine");
    const edited = fs.readFileSync(fwe);
    await run.infer({ notest: true, force: true });
    expect(fs.readFileSync(fwe)).toEqual(edited);
  });

  it("an interrupted run removes nothing", async () => {
    const run = newRun(command);
    await run.infer();
    const before = run.results().map((file) => [file, run.result(file)]);
    const controller = new AbortController();
    const stopped = run.infer(
      { notest: true, force: true },
      { signal: controller.signal, onProgress: () => controller.abort(new Error("enough")) },
    );
    await expect(stopped).rejects.toThrow("enough");
    expect(run.results().map((file) => [file, run.result(file)])).toEqual(before);
  });
});

it("index and directions stay, whatever a record lists", async () => {
  const run = newRun("fixelcfestats");
  await run.infer();
  const before = run.result("index.mif");
  const files = [...run.record.files, "index.mif", "directions.mif", "run.json"];
  fs.writeFileSync(nameIn(run, "run.json"), JSON.stringify({ ...run.record, files }));
  await run.infer({ force: true });
  expect(run.result("index.mif")).toEqual(before);
  expect(run.results()).toContain("directions.mif");
});

it("results of another prefix in the same directory are not touched, whatever a record lists", async () => {
  const run = newRun("vectorstats");
  await run.infer();
  const mine = run.at("out", "y_betas.csv");
  fs.writeFileSync(mine, "of another run");
  fs.writeFileSync(nameIn(run, "run.json"), JSON.stringify({ ...run.record, files: ["y_betas.csv"] }));
  await run.infer({ force: true });
  expect(fs.readFileSync(mine, "utf8")).toBe("of another run");
});
