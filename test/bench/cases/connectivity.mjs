// The matrix of streamlines beside MRtrix3's: the same template and tractogram in one run, two threads each, and the bytes compared.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runChild } from "../tools/child.mjs";
import { expectTrue } from "../tools/measure.mjs";

const GENERATOR = fileURLToPath(new URL("../../../fixtures/make/generate-tracks.mjs", import.meta.url));
const SIZES = {
  quick: { side: 16, nStreamlines: 8_000 },
  full: { side: 24, nStreamlines: 60_000 },
};

function inputs(dir, { side, nStreamlines }) {
  const at = join(dir, `tracks-${side}-${nStreamlines}`);
  if (!existsSync(join(at, "tracks.tck")))
    execFileSync(process.execPath, [GENERATOR, at, `${side}`, `${nStreamlines}`], { stdio: "pipe" });
  return at;
}

/** Behind the header, whose length says `file: . OFFSET`. */
function dataOf(path) {
  const bytes = readFileSync(path);
  return bytes.subarray(Number(/\nfile: \. (\d+)\n/.exec(bytes.toString("latin1", 0, 4096))[1]));
}

export const peerConnectivity = {
  group: "connectivity",
  name: "fixelconnectivity beside MRtrix3's, two threads each",
  quick: true,
  needs: "fixelconnectivity",
  async run(context) {
    const size = SIZES[context.mode];
    const at = inputs(context.dir, size);
    const positional = (matrix) => [
      join(at, "fixels"),
      join(at, "tracks.tck"),
      join(at, matrix),
      "-nthreads",
      "2",
      "-quiet",
      "-force",
    ];
    for (const matrix of ["ours", "theirs"]) rmSync(join(at, matrix), { recursive: true, force: true });
    const ours = await context.fixelstream(["fixelconnectivity", ...positional("ours"), "--memory", "256MiB"]);
    const theirs = await runChild("fixelconnectivity", positional("theirs"));
    for (const name of ["index.mif", "fixels.mif", "values.mif"])
      expectTrue(`${name} has their bytes`, dataOf(join(at, "ours", name)).equals(dataOf(join(at, "theirs", name))));
    const nFixels = 3 * size.side ** 3;
    return {
      note: `${nFixels} fixels, ${size.nStreamlines} streamlines of about 95 fixels each; ours with --memory 256MiB, its start and all writing included`,
      figures: [
        { name: "theirs", value: theirs.ms / 1000, unit: "s" },
        { name: "ours", value: ours.ms / 1000, unit: "s" },
        {
          name: "theirs / ours",
          value: theirs.ms / ours.ms,
          unit: "ratio",
          ...(context.mode === "full" ? { atLeast: 4 } : { better: "more" }),
        },
        { name: "theirs / ours, processor time", value: theirs.cpuMs / ours.cpuMs, unit: "ratio", better: "more" },
        { name: "peak memory, theirs", value: theirs.peakBytes / 2 ** 20, unit: "MiB" },
        { name: "peak memory, ours", value: ours.peakBytes / 2 ** 20, unit: "MiB" },
      ],
    };
  },
};
