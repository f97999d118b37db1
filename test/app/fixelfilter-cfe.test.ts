// fixelfilter cfe: what the oracle of CFE says of the values, and what fixelcfestats made of the same statistics.
import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { newAnalysis } from "../support/expect-refusal.js";
import { layOutFilter } from "../support/filter-cases.js";
import { runInProcess } from "../support/in-process-cli.js";
import { runFilter } from "../support/open-fixelfilter.js";
import { enhanceByConnectivity } from "../support/oracle-cfe.js";
import { readSmallConnectivity, readSmallImage } from "../support/peer.js";

const { directory, names, mask, valuesOf } = layOutFilter(5);
const at = (...parts: string[]) => path.join(directory, ...parts);
const connectivity = readSmallConnectivity(at("matrix"));
const given = { input: at("fd"), matrix: at("matrix"), filter: "cfe" as const };
fs.rmSync(at("fd", "range.mif")); // of no Z
const files = names.filter((name) => name !== "range.mif");
let made = 0;
const fresh = () => at(`out${made++}`);

function expectClose(got: ArrayLike<number>, stated: ArrayLike<number>): void {
  for (let i = 0; i < stated.length; i++) {
    const [a, b] = [got[i]!, stated[i]!];
    if (Number.isNaN(b)) expect(a).toBeNaN();
    else if (!Number.isFinite(b)) expect(a).toBe(b);
    else expect(Math.abs(a - b)).toBeLessThanOrEqual(1e-5 * Math.abs(b) + 1e-12);
  }
}

describe("cfe", () => {
  it.each<[string, { cfeDh?: number; cfeE?: number; cfeH?: number; cfeC?: number; cfeLegacy?: boolean }, boolean]>([
    ["by default", {}, false],
    ["with other parameters", { cfeDh: 0.03, cfeE: 1, cfeH: 2, cfeC: 1 }, false],
    ["not normalised", { cfeLegacy: true }, false],
    ["inside a mask", {}, true],
    ["with more than 255 heights", { cfeDh: 0.001 }, false],
  ])("%s: as the oracle; what is not finite stays, and outside the mask all is 0", async (_, parameters, masked) => {
    for (const more of [{ nThreads: 0 }, { nThreads: 2 }, { kernels: "reference" as const }]) {
      const output = fresh();
      await runFilter({ ...given, output, ...parameters, ...more, mask: masked ? at("mask.mif") : undefined });
      for (const name of files) {
        const z = Float32Array.from(valuesOf(name));
        const finite = z.map((value) => (Number.isFinite(value) ? value : 0));
        const { cfeDh: dh = 0.1, cfeE: e = 2, cfeH: h = 3, cfeC: c = 0.5, cfeLegacy: legacy = false } = parameters;
        const enhanced = enhanceByConnectivity(finite, connectivity, {
          dh,
          e,
          h,
          c,
          legacy,
          mask: masked ? mask : undefined,
        });
        const stated = enhanced.map((value, i) => (Number.isFinite(z[i]) || (masked && mask[i] === 0) ? value : z[i]!));
        expect(stated.some((value) => value > 0)).toBe(true);
        expectClose(readSmallImage(path.join(output, name)).values, stated);
      }
    }
  });

  it("gives the same bits for more subjects than one tile of lanes, for threads, and for memory", async () => {
    const input = fresh();
    fs.cpSync(at("fd"), input, { recursive: true });
    for (let i = 0; i < 40; i++) fs.copyFileSync(at("fd", files[i % 3]!), path.join(input, `copy-${i}.mif`));
    const all = fs.readdirSync(input).filter((name) => !/^(index|directions)\./.test(name));
    const bytesOf = (output: string) => all.map((name) => [...readSmallImage(path.join(output, name)).values]);
    const stated = fresh();
    await runFilter({ ...given, input, output: stated });
    const least = await runFilter({ ...given, input, output: fresh(), memoryBytes: 1 }).catch((error) => error);
    for (const more of [{ nThreads: 2 }, { memoryBytes: least.neededBytes }]) {
      const output = fresh();
      const { groupSize } = await runFilter({ ...given, input, output, ...more });
      expect(groupSize).toBe("memoryBytes" in more ? 15 : 44);
      expect(bytesOf(output)).toEqual(bytesOf(stated));
    }
  });

  it("is what fixelcfestats makes of the same Z", async () => {
    const input = newAnalysis();
    const run = await runInProcess([
      "fixelcfestats",
      ...input.positionals,
      "-nthreads",
      "0",
      "-quiet",
      "-nshuffles",
      "60",
    ]);
    expect(run.status, run.stderr).toBe(0);
    const output = input.at("enhanced.mif");
    await runFilter({ input: input.at("out", "Zstat.mif"), filter: "cfe", output, matrix: input.at("matrix") });
    const stated = readSmallImage(input.at("out", "cfe.mif")).values;
    expect(stated.some((value) => value > 1)).toBe(true);
    expectClose(readSmallImage(output).values, stated);
  });

  it("refuses values that are no Z, and parameters that cannot be", async () => {
    fs.mkdirSync(at("large"));
    for (const name of ["index.mif", "directions.mif"]) fs.copyFileSync(at("fd", name), at("large", name));
    const { values } = readSmallImage(at("fd", "plain.mif"));
    const bytes = fs.readFileSync(at("fd", "plain.mif"));
    bytes.writeFloatLE(7000, bytes.length - 4 * values.length);
    fs.writeFileSync(at("large", "t.mif"), bytes);
    await expect(runFilter({ ...given, input: at("large", "t.mif"), output: at("large-out.mif") })).rejects.toThrow(
      `Cannot enhance ${at("large", "t.mif")}: expected values of at most 65534 heights of 0.1, got one of 7000. Enhancement is of Z statistics: give those, or raise -cfe_dh.`,
    );
    expect(fs.existsSync(at("large-out.mif"))).toBe(false);
    const refused = async (...more: string[]) =>
      (await runInProcess(["fixelfilter", at("fd"), "cfe", at("none"), "-matrix", at("matrix"), ...more])).stderr;
    expect(await refused("-cfe_dh", "0")).toBe(
      "fixelstream: error: Cannot use -cfe_dh 0: expected a number above 0.\n",
    );
    expect(await refused("-cfe_e", "-1")).toBe(
      "fixelstream: error: Cannot use -cfe_e -1: expected an exponent of 0 or more.\n",
    );
  });
});
