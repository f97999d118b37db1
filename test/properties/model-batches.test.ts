// Enhancement uses the memory that binning has used: what a thread believes to be in place from the batch before must not be believed.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runInProcess } from "../support/in-process-cli.js";
import { layOutPeerCase, readNullDistribution } from "../support/peer.js";

test("own columns of complete data: the same null in one batch and in several", async () => {
  const { directory, manifest } = layOutPeerCase("fixelcfestats-column");
  const home = process.cwd();
  process.chdir(directory);
  try {
    const nullOf = async (output: string, ...memory: string[]) => {
      const typed = manifest.arguments.slice(0, -2).map((token) => (token === "output" ? output : token));
      const shuffles = ["-nshuffles", "160", "--seed", "3", "-nthreads", "0"];
      const { status, stderr } = await runInProcess(["fixelcfestats", ...typed, ...shuffles, ...memory]);
      expect(status, stderr).toBe(0);
      return ["t1", "t2", "F1"].map((name) => readNullDistribution(join(output, `null_dist_${name}.txt`)));
    };
    const wanted = await nullOf("one");
    expect(await nullOf("several", "--memory", "1MiB")).toEqual(wanted);
    const nBatches = ["one", "several"].map(
      (name) => JSON.parse(readFileSync(`${name}/run.json`, "utf8")).plan.nBatches,
    );
    expect(nBatches).toEqual([1, 2]);
  } finally {
    process.chdir(home);
  }
});
