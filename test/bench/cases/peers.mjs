// Beside MRtrix3, where it is installed: the same input, ratios within one run. Few shuffles; the difference of two runs is the cost of a shuffle.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { runChild } from "../tools/child.mjs";
import { infer } from "../tools/inference.mjs";
import { cohort, matrix } from "../tools/inputs.mjs";
import { expectClose, expectTrue } from "../tools/measure.mjs";
import { readFloats } from "../tools/mif.mjs";

const CFE = {
  quick: { n: 100, m: 20_000, k: 400, few: 2, many: 6, ours: 512 },
  full: { n: 200, m: 100_000, k: 400, few: 4, many: 12, ours: 2000 },
};

export const peerFixelCfe = {
  group: "peer",
  name: "fixelcfestats beside MRtrix3's, one thread each",
  quick: true,
  needs: "fixelcfestats",
  async run(context) {
    const { n, m, k, few, many, ours } = CFE[context.mode];
    const input = cohort(context.dir, n, m);
    const output = join(context.dir, "stats-peer");
    const files = ["subjects.txt", "design.txt", "contrast.txt"].map((name) => join(input, name));
    const positional = [join(input, "fd"), ...files, matrix(context.dir, m, k), output];
    const peer = (shuffles) => {
      rmSync(output, { recursive: true, force: true });
      const options = ["-nshuffles", `${shuffles}`, "-nthreads", "1", "-quiet"];
      return runChild("fixelcfestats", [...positional, ...options]);
    };
    const first = await peer(few);
    const second = await peer(many);
    const run = await infer(context, { n, m, k, shuffles: ours, threads: 1, memory: "512MiB", fresh: false });
    compare("t", run.images.tvalue, readFloats(join(output, "tvalue.mif")), 1e-5, 1e-5);
    // bins of our null are floor(Z / dh): the same heights; float32 sums against float64
    compare("enhanced statistic", run.images.cfe, readFloats(join(output, "cfe.mif")), 1e-3, 1e-3);
    const theirs = (second.ms - first.ms) / (many - few);
    const allTold = run.ms / ours;
    const theirCpu = (second.cpuMs - first.cpuMs) / (many - few);
    const perConnection = (ms) => (ms * 1e6) / (m * k);
    return {
      note: `${m} fixels x ${k} connections x ${n} subjects; theirs: ${few} and ${many} shuffles, the difference; ours: ${ours} shuffles, all told (reading, converting and writing included)`,
      figures: [
        { name: "theirs, a shuffle", value: theirs, unit: "ms" },
        { name: "ours, a shuffle all told", value: allTold, unit: "ms" },
        { name: "theirs / ours", value: theirs / allTold, unit: "ratio", atLeast: 12 },
        { name: "theirs / ours, processor time", value: theirCpu / (run.cpuMs / ours), unit: "ratio", better: "more" },
        { name: "theirs, a connection and shuffle", value: perConnection(theirs), unit: "ns" },
        { name: "ours, a connection and shuffle", value: perConnection(allTold), unit: "ns" },
        { name: "peak memory, theirs", value: second.peakBytes / 2 ** 20, unit: "MiB" },
        { name: "peak memory, ours", value: run.peakBytes / 2 ** 20, unit: "MiB" },
      ],
    };
  },
};

/** Elements that fall into another height by rounding may differ: at most one in a thousand. */
function compare(what, ours, theirs, relative, absolute) {
  let differing = 0;
  for (let i = 0; i < ours.length; i++) {
    try {
      expectClose(what, ours[i], theirs[i], relative, absolute);
    } catch {
      differing++;
    }
  }
  expectTrue(`${what}: ${differing} of ${ours.length} values differ from MRtrix3's`, differing <= ours.length / 1000);
}
