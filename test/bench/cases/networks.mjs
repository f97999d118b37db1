// Network-based statistics beside MRtrix3's: 400 nodes, 80,200 edges, 60 subjects, one thread each. Theirs is the difference of two runs.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runChild } from "../tools/child.mjs";
import { once, writeDesign } from "../tools/inputs.mjs";
import { expectTrue } from "../tools/measure.mjs";
import { createRandom } from "../tools/random.mjs";

const SIZES = {
  quick: { nodes: 120, n: 40, few: 1, many: 3, ours: 500 },
  full: { nodes: 400, n: 60, few: 1, many: 3, ours: 2000 },
};
const THRESHOLD = "2.3";

/** Full matrices in text; edges of a node agree, and those among the first tenth of the nodes are lower in patients. */
function connectomes(dir, nodes, n) {
  return once(join(dir, `connectomes-${n}x${nodes}`), (out) => {
    const names = [];
    for (let s = 0; s < n; s++) {
      const random = createRandom(s + 1);
      const own = Array.from({ length: nodes }, () => random.normal());
      const rows = Array.from({ length: nodes }, () => new Array(nodes));
      for (let i = 0; i < nodes; i++) {
        for (let j = i; j < nodes; j++) {
          const loss = s >= n / 2 && j < nodes / 10 ? 0.8 : 0;
          const value = (5 + 0.4 * (own[i] + own[j]) + random.normal() - loss).toFixed(4);
          rows[i][j] = value;
          rows[j][i] = value;
        }
      }
      names.push(`c${s}.csv`);
      writeFileSync(join(out, `c${s}.csv`), `${rows.map((row) => row.join(",")).join("\n")}\n`);
    }
    writeFileSync(join(out, "list.txt"), `${names.join("\n")}\n`);
    writeDesign(out, n);
  });
}

const valuesOf = (path) =>
  readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .flatMap((line) => line.split(",").map(Number));

const folder = (path) => {
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path);
  return path;
};

export const networkCase = {
  group: "peer",
  name: "connectomestats nbs beside MRtrix3's, one thread each",
  quick: true,
  needs: "connectomestats",
  async run(context) {
    const { nodes, n, few, many, ours } = SIZES[context.mode];
    const input = connectomes(context.dir, nodes, n);
    const files = ["list.txt", "design.txt", "contrast.txt"].map((name) => join(input, name));
    const arguments_ = (prefix) => [files[0], "nbs", files[1], files[2], `${prefix}/`, "-threshold", THRESHOLD];
    const peer = (shuffles) => {
      const out = folder(join(context.dir, "nbs-peer"));
      // it writes effects into the working directory
      const options = [...arguments_(out), "-nshuffles", `${shuffles}`, "-nthreads", "1", "-quiet", "-force"];
      return runChild("connectomestats", options, { cwd: folder(join(context.dir, "nbs-peer-beside")) });
    };
    const first = await peer(few);
    const second = await peer(many);
    const out = folder(join(context.dir, "nbs-ours"));
    const options = ["--cache", folder(join(context.dir, "nbs-cache")), "--seed", "1", "-quiet"];
    const run = await context.fixelstream([
      "connectomestats",
      ...arguments_(out),
      ...["-nshuffles", `${ours}`, "-nthreads", "1", "--memory", "512MiB"],
      ...options,
    ]);
    const [got, expected] = [
      valuesOf(join(out, "enhanced.csv")),
      valuesOf(join(context.dir, "nbs-peer", "enhanced.csv")),
    ];
    const differing = got.filter((value, i) => value !== expected[i]).length;
    expectTrue(`sizes of components: ${differing} of ${got.length} differ from MRtrix3's`, differing === 0);
    expectTrue("components of many edges", Math.max(...got) > 50);
    const theirs = (second.ms - first.ms) / (many - few);
    const allTold = run.ms / ours;
    const { timings } = JSON.parse(readFileSync(join(out, "run.json"), "utf8"));
    return {
      note: `${nodes} nodes, ${(nodes * (nodes + 1)) / 2} edges x ${n} subjects; theirs: ${few} and ${many} shuffles, the difference; ours: ${ours} shuffles, all told (reading, converting and writing included)`,
      figures: [
        { name: "theirs, a shuffle", value: theirs, unit: "ms" },
        { name: "ours, a shuffle all told", value: allTold, unit: "ms" },
        { name: "ours, a shuffle: joining edges", value: timings.enhance / ours, unit: "ms" },
        { name: "theirs / ours", value: theirs / allTold, unit: "ratio", atLeast: 20 },
        { name: "peak memory, theirs", value: second.peakBytes / 2 ** 20, unit: "MiB" },
        { name: "peak memory, ours", value: run.peakBytes / 2 ** 20, unit: "MiB" },
      ],
    };
  },
};
