// Network-based statistics beside MRtrix3's: 400 nodes, 80,200 edges, 60 subjects, one thread each, in processor time. Theirs, which grows faster than the square
// of the edges, does not end its first shuffle there for hours: it is measured on the first nodes alone, as the difference of two runs with the same permutations.
// What is above the threshold there is above it in the whole network, so that a shuffle of that takes it no less: the ratio of theirs on few nodes to ours on
// all is one that is reached at least.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runChild } from "../tools/child.mjs";
import { once, writeDesign } from "../tools/inputs.mjs";
import { expectTrue } from "../tools/measure.mjs";
import { createRandom } from "../tools/random.mjs";

const SIZES = {
  quick: { nodes: 200, fewNodes: [20, 40], n: 60, few: 2, many: 4, ours: 500, component: 5 },
  full: { nodes: 400, fewNodes: [30, 60], n: 60, few: 2, many: 4, ours: 1000, component: 30 },
};
const THRESHOLD = "2.3";
/** Nodes whose edges are lower in patients. */
const AFFECTED = 12;

/** Full matrices in text; edges of a node agree. The first nodes of a larger network are a smaller one, value for value. */
function connectomes(dir, nodes, n) {
  return once(join(dir, `nested-connectomes-${n}x${nodes}`), (out) => {
    const names = [];
    for (let s = 0; s < n; s++) {
      const rows = Array.from({ length: nodes }, () => new Array(nodes));
      const own = rows.map((_, i) => createRandom(1e6 + 1000 * s + i).normal());
      for (let j = 0; j < nodes; j++) {
        const random = createRandom(1000 * s + j + 1);
        for (let i = 0; i <= j; i++) {
          const loss = s >= n / 2 && j < AFFECTED ? 0.8 : 0;
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

/** As many columns, the first is the data as they are. */
function permutations(path, n, count) {
  const columns = Array.from({ length: count }, (_, shuffle) => {
    const random = createRandom(77 + shuffle);
    const keys = Array.from({ length: n }, (__, i) => (shuffle === 0 ? i : random.normal()));
    return keys.map((_, i) => i).sort((a, b) => keys[a] - keys[b]);
  });
  writeFileSync(
    path,
    `${Array.from({ length: n }, (_, i) => columns.map((column) => column[i]).join(" ")).join("\n")}\n`,
  );
  return path;
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
    const { nodes, fewNodes, n, few, many, ours, component } = SIZES[context.mode];
    const argumentsOf = (count, prefix) => {
      const input = connectomes(context.dir, count, n);
      const files = ["list.txt", "design.txt", "contrast.txt"].map((name) => join(input, name));
      return [files[0], "nbs", files[1], files[2], `${prefix}/`, "-threshold", THRESHOLD, "-nthreads", "1", "-quiet"];
    };
    const peer = async (count) => {
      const run = (shuffles) => {
        const out = folder(join(context.dir, "nbs-peer"));
        const listed = permutations(join(context.dir, "nbs-permutations.txt"), n, shuffles);
        const options = [...argumentsOf(count, out), "-permutations", listed, "-force"];
        // it writes effects into the working directory
        return runChild("connectomestats", options, { cwd: folder(join(context.dir, "nbs-peer-beside")) });
      };
      const first = await run(few);
      const second = await run(many);
      return { cpuMs: (second.cpuMs - first.cpuMs) / (many - few), peakBytes: second.peakBytes };
    };
    const own = async (count) => {
      const out = folder(join(context.dir, "nbs-ours"));
      const options = ["--cache", folder(join(context.dir, "nbs-cache")), "--seed", "1", "--memory", "512MiB"];
      const shuffles = ["-nshuffles", `${ours}`, "--no-report"];
      const run = await context.fixelstream(["connectomestats", ...argumentsOf(count, out), ...shuffles, ...options]);
      const { timings } = JSON.parse(readFileSync(join(out, "run.json"), "utf8"));
      return { ...run, cpuMs: run.cpuMs / ours, joining: timings.enhance / ours };
    };
    const [fewest, measured] = fewNodes;
    const small = await peer(fewest);
    const theirs = await peer(measured);
    const sameNodes = await own(measured);
    const [got, expected] = ["nbs-ours", "nbs-peer"].map((name) => valuesOf(join(context.dir, name, "enhanced.csv")));
    const differing = got.filter((value, i) => value !== expected[i]).length;
    expectTrue(`sizes of components: ${differing} of ${got.length} differ from MRtrix3's`, differing === 0);
    const largest = Math.max(...got);
    expectTrue(`a component of ${largest} edges, of more than ${component}`, largest > component);
    const all = await own(nodes);
    const edgesOf = (count) => `${(count * (count + 1)) / 2} edges`;
    return {
      note: `${n} subjects, processor time; ${edgesOf(fewest)} (${fewest} nodes), ${edgesOf(measured)} (${measured}), ${edgesOf(nodes)} (${nodes}); theirs: ${few} and ${many} shuffles, the difference; ours: ${ours} shuffles, all told (reading, converting and writing included)`,
      figures: [
        { name: `theirs, a shuffle, ${fewest} nodes`, value: small.cpuMs, unit: "ms" },
        { name: `theirs, a shuffle, ${measured} nodes`, value: theirs.cpuMs, unit: "ms" },
        {
          ...{ name: `theirs, ${measured} nodes / ${fewest} nodes`, value: theirs.cpuMs / small.cpuMs },
          ...{ unit: "ratio", better: "neither" },
        },
        { name: `ours, a shuffle all told, ${measured} nodes`, value: sameNodes.cpuMs, unit: "ms" },
        { name: `ours, a shuffle all told, ${nodes} nodes`, value: all.cpuMs, unit: "ms" },
        { name: `ours, a shuffle: joining edges, ${nodes} nodes`, value: all.joining, unit: "ms" },
        {
          ...{ name: `theirs / ours, ${measured} nodes`, value: theirs.cpuMs / sameNodes.cpuMs },
          ...{ unit: "ratio", atLeast: 20 },
        },
        {
          ...{ name: `theirs on ${measured} nodes / ours on ${nodes}: at least`, value: theirs.cpuMs / all.cpuMs },
          ...{ unit: "ratio", atLeast: 20 },
        },
        { name: `peak memory, theirs, ${measured} nodes`, value: theirs.peakBytes / 2 ** 20, unit: "MiB" },
        { name: `peak memory, ours, ${nodes} nodes`, value: all.peakBytes / 2 ** 20, unit: "MiB" },
      ],
    };
  },
};
