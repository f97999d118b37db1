// --precision single: the null from a float32 product stays within 1e-4 of the double one; images are float64's in both.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { differences, layOutPeerCase, readNullDistribution, readSmallImage } from "../support/peer.js";
import { runCli } from "../support/run-cli.js";

describe.each(["fixelcfestats-demo", "fixelcfestats-large-means"])("%s", (name) => {
  test("single beside double", () => {
    const { directory, manifest } = layOutPeerCase(name);
    const inputs = manifest.arguments.filter((token) => token !== "output");
    for (const precision of ["double", "single"]) {
      const tokens = [...inputs.slice(0, 5), precision, ...inputs.slice(5), "--precision", precision, "-quiet"];
      const { status, stderr } = runCli(["fixelcfestats", ...tokens], directory);
      expect(status, stderr).toBe(0);
    }
    // the two may well agree to the last bin: so ask the record which product was taken
    const record = JSON.parse(readFileSync(join(directory, "single", "run.json"), "utf8")) as { precision: string };
    expect(record.precision).toBe("single");
    const outputs = Object.keys(manifest.outputs);
    const nulls = outputs.filter((output) => output.startsWith("null_dist"));
    expect(nulls.length).toBeGreaterThan(0);
    for (const output of nulls) {
      const [double, single] = ["double", "single"].map((kind) => readNullDistribution(join(directory, kind, output)));
      expect(single).toHaveLength(double!.length);
      for (const [i, value] of double!.entries())
        expect(Math.abs(single![i]! - value)).toBeLessThanOrEqual(1e-4 * value + 1e-6);
    }
    for (const output of outputs.filter((output) => /^(Zstat|tvalue|Fvalue|beta|std_dev|abs_effect)/.test(output))) {
      const [double, single] = ["double", "single"].map((kind) => readSmallImage(join(directory, kind, output)).values);
      expect(differences(single!, double!, { relative: 1e-7, absolute: 0, reason: "" }), output).toEqual([]);
    }
  });
});
