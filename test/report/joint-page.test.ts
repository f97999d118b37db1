// The page of joint p-values: each measure by name, counts and p of the joint images, beside what each run found by itself.
import fs from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { runInProcess, runWithReport } from "../support/in-process-cli.js";
import { readNullDistribution, readSmallImage } from "../support/peer.js";
import { readPageParts } from "../support/read-page.js";
import { newReportCase, QUICK, readPage, readTsv } from "../support/report-cases.js";
import type { SmallAnalysis } from "../support/small-analysis.js";

const N_SHUFFLES = 200;
const RUNS = ["FD", "FC <b>"] as const;

describe("two measures", () => {
  const inputs: SmallAnalysis[] = [];
  const at = (name: string) => path.join(inputs[0]!.root, name);
  const joint = (...more: string[]) => ["joint", ...RUNS.map(at), "--out", at("joint"), ...more];
  let parts: ReturnType<typeof readPageParts>;
  let page: string;
  let stderr: string;
  beforeAll(async () => {
    for (const name of RUNS) {
      inputs.push(newReportCase({ factors: "all\tpatient" }));
      const input = inputs.at(-1)!;
      const positionals = [...input.positionals.slice(0, -1), at(name)];
      const made = await runWithReport(["fixelcfestats", ...positionals, ...QUICK]);
      expect(made.status, made.stderr).toBe(0);
    }
    const made = await runWithReport(joint());
    expect(made.status, made.stderr).toBe(0);
    stderr = made.stderr;
    page = readPage(at("joint/report.html"));
    parts = readPageParts(page);
  }, 600_000);

  it("joint makes it and says where; the numbers are those of its images", () => {
    expect(stderr).toContain(`  report: ${at("joint/report.html")}\n`);
    const { results } = JSON.parse(fs.readFileSync(at("joint/run.json"), "utf8"));
    for (const [r, name] of RUNS.entries()) {
      const fwe = readSmallImage(at(`joint/fwe_1mpvalue_${name}.mif`)).values;
      const n = [...fwe].filter((value) => 20 * Math.round((1 - value) * N_SHUFFLES) < N_SHUFFLES).length;
      const [{ significant, smallestP, monteCarlo }] = results.runs[r].hypotheses;
      expect(n).toBeGreaterThan(3);
      expect(significant).toBe(n);
      const said = parts.verdictOf(`${name}_t1`);
      expect(said).toContain(`${name} is lower where patient is 1 than where it is 0 in ${n} of 24 fixels (`);
      expect(said).toContain("joint family-wise p < 0.05.");
      expect(said).toContain(`The smallest joint family-wise p of all fixels is ${smallestP} (`);
      const sorted = [...readNullDistribution(at("joint/null_dist.txt"))].sort((a, b) => b - a);
      expect(monteCarlo.threshold.at).toBe(sorted[N_SHUFFLES / 20 - 1]);
      expect(said).toContain(`the critical value of CFE is ${Number(monteCarlo.threshold.at.toPrecision(4))}`);
      const rows = readTsv(at(`joint/clusters_${name}_t1.tsv`));
      expect(rows.reduce((sum, { size }) => sum + Number(size), 0)).toBe(n);
    }
  });

  it("has pictures of all, links to the page of each run, and methods over all measures", () => {
    expect(parts.document.querySelectorAll("b")).toHaveLength(0);
    expect(page).toContain('<a href="../FD/report.html">');
    expect(page).toContain('<a href="../FC%20%3Cb%3E/report.html">');
    const header = JSON.parse(parts.document.querySelector("#view-header")!.textContent!);
    expect(header.hypotheses.map(({ name }: { name: string }) => name)).toEqual(["FD_t1", "FC <b>_t1"]);
    expect(header.hypotheses.map(({ meaning }: { meaning: string }) => meaning)).toEqual(
      RUNS.map((name) => `${name} is lower where patient is 1 than where it is 0`),
    );
    const alone = JSON.parse(fs.readFileSync(at("FD/run.json"), "utf8")).results.hypotheses[0].significant;
    expect(parts.tableOf("Runs that were joined")!.rows[0]!.slice(0, 2)).toEqual(["FD_t1", "FD"]);
    expect(parts.tableOf("Runs that were joined")!.rows[0]![4]).toBe(String(alone));
    expect(parts.textOf("methods")).toContain("FD and FC <b> of 12 subjects in 24 fixels were analysed");
    expect(parts.textOf("methods")).toContain(
      "Family-wise error over all fixels, hypotheses and measures (FD and FC <b>) together was controlled",
    );
  });

  it("is made again to the same bytes; --no-report says that a page is old; lost or other runs are refused", async () => {
    const again = await runInProcess(["report", at("joint"), "-quiet"]);
    expect(again).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(readPage(at("joint/report.html"))).toBe(page);
    const none = await runWithReport(joint("-force", "--no-report", "-quiet"));
    expect(none.stderr).toContain("joint/report.html is of an earlier run: fixelstream report ");
    const record = at("joint/run.json");
    const changed = JSON.parse(fs.readFileSync(record, "utf8"));
    changed.joint.runs[0].planHash = "0";
    fs.writeFileSync(record, JSON.stringify(changed));
    const refused = await runInProcess(["report", at("joint"), "-quiet"]);
    expect(refused.status).toBe(1);
    expect(inputs[0]!.relative(refused.stderr)).toBe(
      "fixelstream: error: Cannot report joint: expected the runs that were joined where they were, as joint was told, got results of another plan at FD. Go to the directory in which joint was run, or join the runs again.\n",
    );
    fs.renameSync(at("FD"), at("gone"));
    const lost = await runInProcess(["report", at("joint"), "-quiet"]);
    expect(inputs[0]!.relative(lost.stderr)).toContain("got none at FD. Go to the directory");
  }, 600_000);
});
