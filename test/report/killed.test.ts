// A page that is killed while it is written, at calls that change a file: the old page is there or the new one, whole, or none where there was none; the
// same line again makes it. Needs the built program.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { write } from "../support/expect-refusal.js";
import { runInProcess } from "../support/in-process-cli.js";
import { newReportCase, QUICK } from "../support/report-cases.js";
import { builtCommand } from "../support/run-cli.js";
import type { SmallAnalysis } from "../support/small-analysis.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const preload = path.join(import.meta.dirname, "../support/fault-preload.mjs");
/** Calls at which it is killed. */
const N_PLACES = 4;

async function runOf(input: SmallAnalysis): Promise<void> {
  expect(await runInProcess(["fixelcfestats", ...input.positionals, ...QUICK])).toMatchObject({ status: 0 });
}

async function modelOf(input: SmallAnalysis): Promise<void> {
  const rows = Array.from({ length: 12 }, (_, i) => `sub-${i + 1}.mif\t${i < 6 ? "control" : "patient"}`);
  write(input, "phenotypes.tsv", `source_file\tgroup\n${rows.join("\n")}\n`);
  const tokens = ["lm", input.at("fd"), input.at("phenotypes.tsv"), "FD ~ group", input.at("out"), "-quiet"];
  expect(await runInProcess(tokens)).toMatchObject({ status: 0 });
}

describe.skipIf(!fs.existsSync(builtCommand))("killed", () => {
  it.each([
    ["of a run", "report.html", runOf],
    ["of lm", "lm_report.html", modelOf],
  ] as const)("%s", { timeout: 600_000 }, async (_, name, prepare) => {
    const input = newReportCase({ factors: "all\tpatient" });
    await prepare(input);
    const folder = input.at("out");
    const page = path.join(folder, name);
    const log = path.join(temporaryDirectory(), "log");
    const report = (fault: Record<string, string> = {}) => {
      fs.writeFileSync(log, "");
      const NODE_OPTIONS = `--import=${preload}`;
      const env = { ...process.env, NODE_OPTIONS, FAULT_UNDER: folder, FAULT_LOG: log, ...fault };
      const tokens = [builtCommand, "report", folder, "-quiet"];
      const { status, signal, stderr } = spawnSync(process.execPath, tokens, { env, encoding: "utf8" });
      return { status, signal, stderr };
    };
    const made = { status: 0, signal: null, stderr: "" };
    const isTable = (one: string) => one.endsWith(".tsv");
    const clear = () => {
      for (const one of fs.readdirSync(folder)) if (one === name || isTable(one)) fs.rmSync(path.join(folder, one));
    };
    clear();
    const results = fs.readdirSync(folder).sort();
    expect(report()).toEqual(made);
    const whole = fs.readFileSync(page, "utf8");
    const everything = fs.readdirSync(folder).sort();
    expect(everything.filter(isTable)).not.toEqual([]);
    const old = `${whole}<!-- of before -->\n`;
    let isOldSeen = false;
    for (const before of [undefined, old]) {
      const begin = () => {
        clear();
        if (before !== undefined) fs.writeFileSync(page, before);
      };
      begin();
      expect(report()).toEqual(made);
      const calls = fs.readFileSync(log, "utf8").trim().split("\n");
      expect(calls.length).toBeGreaterThan(N_PLACES);
      for (let k = 0; k < N_PLACES; k++) {
        const at = 1 + Math.floor((k * (calls.length - 1)) / (N_PLACES - 1));
        begin();
        const what = calls[at - 1]!.startsWith("write ") ? "tear" : "kill";
        expect(report({ FAULT_DO: what, FAULT_AT: String(at) }).signal).toBe("SIGKILL");
        const left = fs.existsSync(page) ? fs.readFileSync(page, "utf8") : undefined;
        isOldSeen ||= left === old;
        expect([before, whole], `${what} at ${at}: ${calls[at - 1]}`).toContain(left);
        for (const one of results) expect(fs.existsSync(path.join(folder, one)), one).toBe(true);
        expect(report()).toEqual(made);
        expect(fs.readFileSync(page, "utf8")).toBe(whole);
        expect(fs.readdirSync(folder).sort()).toEqual(everything);
      }
    }
    expect(isOldSeen).toBe(true);
  });
});
