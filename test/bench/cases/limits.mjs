// A store of 4 GB in a control group with a hard limit of 512 MB, where the kernel ends whatever takes more: it finishes, and says what it says without a
// limit. And what keeping a run's shuffles costs it.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runChild } from "../tools/child.mjs";
import { once } from "../tools/inputs.mjs";
import { expectSame, expectTrue } from "../tools/measure.mjs";
import { createRandom } from "../tools/random.mjs";

const MIB = 2 ** 20;
const LIMIT = 512e6;
const COMMAND = fileURLToPath(new URL("../../../dist/bin/fixelstream.js", import.meta.url));

/** Values of float32: 4 GB, and so little that --quick is quick. */
const STORES = { quick: { n: 100, m: 200_000 }, full: { n: 1000, m: 1_000_000 } };
const N_SHUFFLES = 64;

const limited = {
  group: "memory",
  name: "a store of 4 GB under a hard limit of 512 MB",
  quick: true,
  async run(context) {
    const size = STORES[context.mode];
    const store = join(await vectorStore(context, size), "vectors.fxs");
    const group = makeGroup();
    try {
      const infer = async (name, wrap) => {
        const out = join(context.dir, `limited-${name}`);
        rmSync(out, { recursive: true, force: true });
        mkdirSync(out);
        const at = (file) => join(store, "..", file);
        const options = ["-nshuffles", String(N_SHUFFLES), "--seed", "1", "-nthreads", "2", "--memory", "300MiB"];
        const line = [COMMAND, "vectorstats", store, at("design.txt"), at("contrast.txt"), `${out}/`, ...options];
        const run = await runChild(...wrap(process.execPath, [...line, "--kernels", "simd", "--no-report", "-quiet"]));
        const files = readdirSync(out).filter((file) => file !== "run.json");
        const texts = files.sort().map((file) => [file, readFileSync(join(out, file), "utf8").replace(/^#.*\n/gm, "")]);
        const { memory } = JSON.parse(readFileSync(join(out, "run.json"), "utf8"));
        rmSync(out, { recursive: true });
        const hash = createHash("sha256").update(JSON.stringify(texts)).digest("hex");
        return { ...run, hash, memory };
      };
      const free = await infer("free", (command, args) => [command, args]);
      const held = await infer("held", group.within);
      expectSame("every value, limited and not", held.hash, free.hash);
      const charged = group.peakBytes();
      expectTrue("the kernel kept the limit", charged <= LIMIT * 1.001);
      return {
        note: `vectorstats of ${size.n} subjects x ${size.m} elements (${((size.n * size.m * 4) / 1e9).toFixed(1)} GB), ${N_SHUFFLES} shuffles, 2 threads, --memory 300MiB; every value the same as without a limit`,
        figures: [
          { name: "planned", value: held.memory.plannedBytes / MIB, unit: "MiB", atMost: 300 },
          { name: "peak of the process, mapped files with it", value: held.peakBytes / MIB, unit: "MiB" },
          { name: "peak without a limit", value: free.peakBytes / MIB, unit: "MiB" },
          { name: "most that the kernel charged", value: charged / MIB, unit: "MiB", atMost: LIMIT / MIB },
          { name: "all told", value: held.ms / 1e3, unit: "s" },
          { name: "time of the run without a limit", value: held.ms / free.ms, unit: "ratio", better: "less" },
        ],
      };
    } finally {
      group.remove();
      if (context.mode === "full") rmSync(join(store, ".."), { recursive: true, force: true });
    }
  },
};

/** Every subject another stretch of the same noise: cheap to make, and no two columns alike. */
export async function vectorStore(context, { n, m }) {
  const { beginStoreBuild } = await context.built("src/store/build-store.js");
  const { blockWidthFor } = await context.built("src/store/block-width.js");
  const directory = join(context.dir, `vectors-${n}x${m}`);
  if (existsSync(join(directory, "vectors.fxs"))) return directory;
  once(directory, (out) => {
    writeFileSync(join(out, "design.txt"), Array.from({ length: n }, (_, i) => `1 ${i % 2}\n`).join(""));
    writeFileSync(join(out, "contrast.txt"), "0 1\n");
  });
  const random = createRandom(4);
  const noise = Float32Array.from({ length: 2 * m }, () => random.normal());
  const build = beginStoreBuild(
    {
      ...{ output: join(directory, "vectors.fxs"), replace: true, kind: "vector", scalar: "values", command: "bench" },
      shape: { nSubjects: n, nElements: m, blockWidth: blockWidthFor(n), elementType: "f32" },
      sources: Array.from({ length: n }, (_, i) => ({
        name: `s${i}`,
        path: `/nowhere/s${i}`,
        sizeBytes: 1,
        mtimeMs: 0,
      })),
    },
    16 * MIB,
  );
  const together = 20;
  const rows = new Float32Array(together * m);
  for (let first = 0; first < n; first += together) {
    for (let i = 0; i < together; i++) {
      const start = (((first + i) * 7919) % 104_729) % m;
      rows.set(noise.subarray(start, start + m), i * m);
    }
    await build.writeSubjects(new Uint8Array(rows.buffer), first, new Array(together).fill(0));
  }
  await build.finish();
  return directory;
}

/** Throws where this machine lets us make none. */
function makeGroup() {
  const v1 = "/sys/fs/cgroup/memory";
  const [parent, limit, peak] = existsSync(v1)
    ? [v1, "memory.limit_in_bytes", "memory.max_usage_in_bytes"]
    : ["/sys/fs/cgroup", "memory.max", "memory.peak"];
  const directory = join(parent, `fixelstream-bench-${process.pid}`);
  mkdirSync(directory);
  writeFileSync(join(directory, limit), String(LIMIT));
  return {
    within: (command, args) => ["sh", ["-c", 'echo $$ > "$0/cgroup.procs" && exec "$@"', directory, command, ...args]],
    peakBytes: () => Number(readFileSync(join(directory, peak), "utf8")),
    remove: () => rmdirSync(directory),
  };
}

/**
 * Of several batches, between which a state is kept: ten times as often as by default, so that a run of seconds says what one of minutes would. What a state costs
 * depends on the elements and not on the shuffles.
 */
const RUNS = {
  quick: { m: 10_000, nShuffles: 80_000, seconds: 3, memoryMiB: 5, rounds: 2 },
  full: { m: 10_000, nShuffles: 80_000, seconds: 3, memoryMiB: 5, rounds: 3 },
};

const checkpoints = {
  group: "whole runs",
  name: "states of the shuffles kept on the way (--checkpoint-every) beside none",
  quick: true,
  async run(context) {
    const { m, nShuffles, seconds, memoryMiB, rounds } = RUNS[context.mode];
    const input = await vectorStore(context, { n: 20, m });
    const { inferVectors, ANALYSIS_DEFAULTS } = await context.built("src/index.js");
    const { saveCheckpoint, checkpointPathOf } = await context.built("src/results/checkpoint.js");
    const at = (name) => join(input, name);
    const cache = join(context.dir, "checkpoints");
    rmSync(cache, { recursive: true, force: true });
    const out = `${join(cache, "out")}/`;
    mkdirSync(out, { recursive: true });
    const options = {
      ...{
        ...ANALYSIS_DEFAULTS,
        kernels: "simd",
        verify: false,
        force: true,
        seed: 1,
        nThreads: 0,
        command: "bench",
        nShuffles,
      },
      ...{ input: at("vectors.fxs"), design: at("design.txt"), contrast: at("contrast.txt"), prefix: out, cache },
      // several batches
      memoryBytes: memoryMiB * MIB,
    };
    let state;
    const infer = async (checkpointSeconds) => {
      const start = { wall: performance.now(), cpu: process.cpuUsage() };
      await inferVectors(
        { ...options, checkpointSeconds },
        {
          onNullState: (found) => {
            state = found;
          },
        },
      );
      const { user, system } = process.cpuUsage(start.cpu);
      const null_ = readFileSync(`${out}null_dist.csv`, "utf8").replace(/^#.*\n/gm, "");
      return { cpuMs: (user + system) / 1e3, wallMs: performance.now() - start.wall, null_ };
    };
    const best = { kept: Number.POSITIVE_INFINITY, none: Number.POSITIVE_INFINITY };
    let wallMs = 0;
    for (let round = 0; round <= rounds; round++) {
      const kept = await infer(seconds);
      const none = await infer(86_400);
      expectSame("null distribution", kept.null_, none.null_);
      if (round === 0) continue;
      best.kept = Math.min(best.kept, kept.cpuMs);
      best.none = Math.min(best.none, none.cpuMs);
      wallMs = kept.wallMs;
    }
    const { plan } = JSON.parse(readFileSync(`${out}run.json`, "utf8"));
    const mark = {
      planHash: state.planHash,
      line: "",
      seed: 1,
      seedIsDrawn: false,
      kernels: "simd",
      first: 0,
      end: nShuffles,
      command: "bench",
    };
    const path = checkpointPathOf(cache, state.planHash, mark);
    const saves = [];
    for (let i = 0; i < 8; i++) {
      const start = performance.now();
      await saveCheckpoint(path, state, { mark, generation: i % 2, flush: true });
      saves.push(performance.now() - start);
    }
    rmSync(cache, { recursive: true, force: true });
    const saveMs = saves.sort((a, b) => a - b)[saves.length / 2];
    return {
      note: `vectorstats of ${m} elements, ${nShuffles} shuffles in ${plan.nBatches} batches, ${(wallMs / 1e3).toFixed(0)} s, a state every ${seconds} s; processor time, best of ${rounds} rounds by turns`,
      figures: [
        { name: "time of the run that keeps none", value: best.kept / best.none, unit: "ratio", atMost: 1.01 },
        { name: "one state, on the disk (median)", value: saveMs, unit: "ms" },
        { name: "of a run of a minute, one state in 30 s", value: (2 * saveMs) / 60_000, unit: "ratio", atMost: 0.01 },
      ],
    };
  },
};

export const limitCases = [limited];
export const checkpointCases = [checkpoints];
