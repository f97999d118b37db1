// What a file has in its names is shown by every command that prints it, and obeyed by no terminal; what programs read stays as it is.
import fs from "node:fs";
import { describe, expect, it } from "vitest";
import { showControls } from "../../src/cli/show-controls.js";
import { newAnalysis } from "../support/expect-refusal.js";
import { runInProcess } from "../support/in-process-cli.js";

it("shows C0, DEL, C1 and what turns the direction of writing, and leaves the rest", () => {
  expect(showControls("a\u001b[31mb\u0007\r\u007f\u009b\u202e\u2066c")).toBe(
    "a\\u001b[31mb\\u0007\\u000d\\u007f\\u009b\\u202e\\u2066c",
  );
  expect(showControls("Grüße\t日本 🧠\n")).toBe("Grüße\t日本 🧠\n");
  expect(JSON.parse(showControls(JSON.stringify({ name: "a\u007f\u009b" })))).toEqual({ name: "a\u007f\u009b" });
});

describe("names with an escape in them", () => {
  const evil = "sub-\u001b]0;gotcha\u0007.mif";
  const input = newAnalysis();
  fs.renameSync(input.at("fd", "sub-1.mif"), input.at("fd", evil));
  const list = fs.readFileSync(input.at("subjects.txt"), "utf8").replace("sub-1.mif", evil);
  fs.writeFileSync(input.at("subjects.txt"), list);
  const store = input.at("evil.fxs");

  it.each([
    ["of a missing file, in an error", ["convert", "fixels", input.at("matrix"), input.at("subjects.txt"), store]],
    ["of a store, as JSON", ["info", store, "--json"]],
    [
      "of a directory, in a summary",
      ["convert", "fixels", input.at("fd"), input.at("subjects.txt"), input.at(`${evil}.fxs`)],
    ],
    ["of a command line, in info", ["info", input.at(`${evil}.fxs`)]],
    ["in a plan", ["fixelcfestats", store, "-", ...input.positionals.slice(2), "--dry-run", "--json"]],
  ])("%s", async (_, tokens) => {
    if (!fs.existsSync(store))
      await runInProcess(["convert", "fixels", input.at("fd"), input.at("subjects.txt"), store]);
    const { stdout, stderr } = await runInProcess(tokens);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(`${stdout}${stderr}`).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
    expect(`${stdout}${stderr}`).not.toBe("");
  });
  it("as a list, which selects them, is exact", async () => {
    const { stdout } = await runInProcess(["info", store, "--subjects"]);
    expect(stdout).toBe(list);
  });
});
