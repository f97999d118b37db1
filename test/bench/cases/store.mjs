// Conversion beside `cp`, and one pass over the store beside memcpy.
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { runChild } from "../tools/child.mjs";
import { cohort, fillSubject, packedCohort } from "../tools/inputs.mjs";
import { bestOf, expectSame } from "../tools/measure.mjs";

const SIZES = { quick: { n: 100, m: 20_000 }, full: { n: 200, m: 100_000 } };
/** 351 MB: less is mostly the program's start. */
const CONVERTED = { quick: SIZES.quick, full: { n: 351, m: 250_000 } };
const ROUNDS = { quick: 2, full: 5 };

const readManifest = (store) => JSON.parse(readFileSync(join(store, "store.json"), "utf8"));

async function makeStore(context, { n, m }, name, makeInput = cohort) {
  const input = makeInput(context.dir, n, m);
  const store = join(context.dir, name);
  rmSync(store, { recursive: true, force: true });
  const args = ["convert", "fixels", join(input, "fd"), join(input, "subjects.txt"), store, "-quiet"];
  return { input, store, ...(await context.fixelstream(args)) };
}

/** One value a block column, straight from the generator. */
function checkStore(store, { n, m }) {
  const { blockWidth, scalars } = readManifest(store);
  const bytes = readFileSync(join(store, scalars.FD.file));
  const values = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  const expected = new Float32Array(m);
  for (const s of [0, n - 1]) {
    fillSubject(expected, s, s >= n / 2);
    for (let e = 0; e < m; e += 97) {
      const at = (Math.floor(e / blockWidth) * n + s) * blockWidth + (e % blockWidth);
      expectSame(`subject ${s}, element ${e}`, values[at], expected[e]);
    }
  }
}

export const conversion = {
  group: "store",
  name: "conversion beside cp",
  quick: true,
  async run(context) {
    const size = CONVERTED[context.mode];
    const copy = join(context.dir, "copied");
    const input = cohort(context.dir, size.n, size.m);
    const times = { start: [], convert: [], cpu: [], cp: [], flushed: [] };
    let peakBytes = 0;
    for (let round = 0; round < ROUNDS[context.mode]; round++) {
      times.start.push((await context.fixelstream(["convert", "fixels", "-help"])).ms);
      await runChild("sync", ["-f", input]); // what others have written is not ours to wait for
      const made = await makeStore(context, size, "converted.fxs");
      times.convert.push(made.ms);
      times.cpu.push(made.cpuMs);
      peakBytes = Math.max(peakBytes, made.peakBytes);
      if (round === 0) checkStore(made.store, size);
      rmSync(copy, { recursive: true, force: true });
      const { ms } = await runChild("cp", ["-r", join(made.input, "fd"), copy]);
      times.cp.push(ms);
      const flush = await runChild("sync", ["-f", copy]);
      times.flushed.push(ms + flush.ms);
    }
    rmSync(copy, { recursive: true, force: true });
    rmSync(join(context.dir, "converted.fxs"), { recursive: true, force: true });
    const best = bestOfEach(times);
    const megabytes = (size.n * size.m * 4) / 1e6;
    return {
      figures: [
        { name: `${size.n} subjects x ${size.m} fixels`, value: megabytes / (best.convert / 1e3), unit: "MB/s" },
        { name: "time of cp -r", value: best.convert / best.cp, unit: "ratio", better: "less" },
        {
          name: "time of cp -r and sync (a store is brought to the disk too)",
          value: best.convert / best.flushed,
          unit: "ratio",
          better: "less",
        },
        {
          name: "the same without the program's start (-help)",
          value: (best.convert - best.start) / best.flushed,
          unit: "ratio",
          better: "less",
        },
        { name: "processor time, the start included", value: best.cpu, unit: "ms" },
        { name: "peak memory", value: peakBytes / 2 ** 20, unit: "MiB" },
      ],
    };
  },
};

const bestOfEach = (times) => Object.fromEntries(Object.entries(times).map(([name, all]) => [name, Math.min(...all)]));

export const packedConversion = {
  group: "store",
  name: "conversion of compressed files beside gzip",
  quick: true,
  async run(context) {
    const size = SIZES[context.mode];
    const times = { convert: [], gzip: [], cpu: [], gzipCpu: [] };
    for (let round = 0; round < ROUNDS[context.mode]; round++) {
      const made = await makeStore(context, size, "unpacked.fxs", packedCohort);
      times.convert.push(made.ms);
      times.cpu.push(made.cpuMs);
      if (round === 0) checkStore(made.store, size);
      const files = readdirSync(join(made.input, "fd"), { withFileTypes: true })
        .filter(({ name }) => name.endsWith(".gz"))
        .map(({ name }) => join(made.input, "fd", name));
      const { ms, cpuMs } = await runChild("gzip", ["-t", ...files]);
      times.gzip.push(ms);
      times.gzipCpu.push(cpuMs);
    }
    rmSync(join(context.dir, "unpacked.fxs"), { recursive: true, force: true });
    const best = bestOfEach(times);
    return {
      figures: [
        {
          name: `${size.n} subjects x ${size.m} fixels`,
          value: (size.n * size.m * 4) / 1e3 / best.convert,
          unit: "MB/s",
        },
        { name: "time of gzip -t, one thread", value: best.convert / best.gzip, unit: "ratio", better: "less" },
        { name: "processor time of gzip -t", value: best.cpu / best.gzipCpu, unit: "ratio", better: "less" },
      ],
    };
  },
};

export const storePass = {
  group: "store",
  name: "one pass over a store, from the page cache",
  quick: true,
  async run(context) {
    const size = SIZES[context.mode];
    const { store } = await makeStore(context, size, "pass.fxs");
    const { openColumnSource } = await context.built("src/store/open-column-source.js");
    const { blockWidth, scalars } = readManifest(store);
    const { n, m } = size;
    const path = join(store, scalars.FD.file);
    const memory = new WebAssembly.Memory({ initial: 64, maximum: 64, shared: true });
    const target = new Uint8Array(memory.buffer, 0, n * blockWidth * 4);
    const expected = sumOf(path, { n, m, blockWidth });
    const pass = (io) => {
      const spec = {
        path,
        byteOffset: 0,
        layout: "blocked",
        nRowsInFile: n,
        nElements: m,
        elementType: "f32",
        blockWidth,
        io,
        ours: true,
      };
      return () => {
        const source = openColumnSource({ ...spec, windowBytes: 2 ** 20 + 131072 });
        const words = new Uint32Array(memory.buffer);
        let sum = 0;
        for (let first = 0; first < m; first += blockWidth) {
          const count = Math.min(blockWidth, m - first);
          source.copyColumnsInto(target.subarray(0, n * count * 4), first, count);
          sum = (sum + words[0] + words[n * count - 1]) >>> 0;
        }
        source.close();
        expectSame(`sum of the ${io} pass`, sum, expected);
      };
    };
    const whole = readFileSync(path);
    const block = n * blockWidth * 4;
    const memcpy = () => {
      for (let at = 0; at < whole.byteLength; at += block) target.set(whole.subarray(at, at + block));
    };
    const best = bestOf({ mmap: pass("mmap"), read: pass("read"), memcpy }, 2 * ROUNDS[context.mode]);
    rmSync(store, { recursive: true, force: true });
    const rate = (ms) => whole.byteLength / 1e6 / ms;
    return {
      figures: [
        { name: "mapped", value: rate(best.mmap), unit: "GB/s" },
        { name: "by position", value: rate(best.read), unit: "GB/s" },
        { name: "rate of memcpy, mapped", value: best.memcpy / best.mmap, unit: "ratio", better: "more" },
        { name: "rate of memcpy, by position", value: best.memcpy / best.read, unit: "ratio", better: "more" },
      ],
    };
  },
};

/** First and last word of every block's real columns. */
function sumOf(path, { n, m, blockWidth }) {
  const bytes = readFileSync(path);
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  let sum = 0;
  for (let first = 0; first < m; first += blockWidth) {
    const count = Math.min(blockWidth, m - first);
    const start = first * n;
    sum = (sum + words[start] + words[start + (n - 1) * blockWidth + count - 1]) >>> 0;
  }
  return sum;
}
