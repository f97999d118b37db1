// Hot loops alone, in this process, on one thread: peak, matrix product, and the two of them beside the prototypes' shapes.
import { bestOf, expectSame, expectTrue } from "../tools/measure.mjs";
import { createRandom } from "../tools/random.mjs";

/** Floating-point operations of one timed call: some 20 ms. */
const WORK = 4e8;
const ROUNDS = { quick: 5, full: 25 };
const SHAPES = [
  { n: 1000, R: 120, W: 192 },
  { n: 1000, R: 32, W: 256 },
  { n: 200, R: 32, W: 1024 },
  { n: 2000, R: 32, W: 128 },
];
const OPERATIONS = { f64: 21 * 2, f32: 21 * 4 };

const gflops = (operations, ms) => operations / ms / 1e6;

function peakOf(bench, type) {
  const rounds = Math.round(WORK / OPERATIONS[type]);
  const run = () => {
    const answer = bench.peak[type === "f64" ? "peakF64" : "peakF32"](rounds, 0.5, -1);
    expectTrue("the peak's sums stay near where they began", Math.abs(answer - 45) < 10);
  };
  return { run, operations: rounds * OPERATIONS[type] };
}

export const peakCases = ["f64", "f32"].map((type) => ({
  group: "kernels",
  name: `peak ${type}`,
  quick: true,
  async run(context) {
    const { run, operations } = peakOf(await context.kernelBench(), type);
    const best = bestOf({ peak: run }, ROUNDS[context.mode]);
    return {
      figures: [{ name: "register-only multiply and add", value: gflops(operations, best.peak), unit: "GFLOP/s" }],
    };
  },
}));

export const gemmCases = SHAPES.flatMap((shape) =>
  ["f64", "f32"].map((type) => ({
    group: "kernels",
    name: `${type}Gemm n=${shape.n} R=${shape.R} W=${shape.W}`,
    quick: true,
    run: (context) => runGemm(context, type, shape),
  })),
);

async function runGemm(context, type, { n, R, W }) {
  const bench = await context.kernelBench();
  const { kernels, prototypes, memory } = bench;
  const Values = type === "f64" ? Float64Array : Float32Array;
  const bytes = Values.BYTES_PER_ELEMENT;
  const [gathered, packed, product, second] = bench.regions([R * n, n * W, R * W, R * W].map((count) => count * bytes));
  const a = new Values(memory.buffer, gathered, R * n);
  const y = new Values(memory.buffer, packed, n * W);
  const random = createRandom(n + R + W);
  for (let i = 0; i < a.length; i++) a[i] = random.normal();
  for (let i = 0; i < y.length; i++) y[i] = random.normal();
  const repeat = Math.ceil(WORK / (2 * R * n * W));
  const many = (work) => () => {
    for (let i = 0; i < repeat; i++) work();
  };
  const gemm = kernels.product[type];
  const prototype = prototypes[type === "f64" ? "prototypeF64Gemm" : "prototypeF32Gemm"];
  const peak = peakOf(bench, type);
  const variants = {
    ours: many(() => gemm(R, n, W, gathered, packed, product, W)),
    prototype: many(() => prototype(R, n, W, gathered, packed, second)),
    peak: peak.run,
  };
  const best = bestOf(variants, ROUNDS[context.mode]);
  checkProduct(
    type,
    { n, R, W },
    a,
    y,
    new Values(memory.buffer, product, R * W),
    new Values(memory.buffer, second, R * W),
  );
  const operations = 2 * R * n * W * repeat;
  const ours = gflops(operations, best.ours);
  return {
    figures: [
      { name: "kernel", value: ours, unit: "GFLOP/s" },
      { name: "of the peak", value: ours / gflops(peak.operations, best.peak), unit: "ratio", better: "more" },
      { name: "of the prototype", value: ours / gflops(operations, best.prototype), unit: "ratio", atLeast: 0.9 },
    ],
  };
}

/** Sums run over i = 0..n-1 in one accumulator: JavaScript gets the same bits. */
function checkProduct(type, { n, R, W }, a, y, product, second) {
  const panel = type === "f64" ? 4 : 8;
  const round = type === "f64" ? (x) => x : Math.fround;
  for (const [row, column] of [
    [0, 0],
    [R - 1, W - 1],
    [5, W - 3],
    [R >> 1, W >> 1],
  ]) {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const left = a[(row - (row % 4)) * n + i * 4 + (row % 4)];
      const right = y[(column - (column % panel)) * n + i * panel + (column % panel)];
      sum = round(sum + round(left * right));
    }
    expectSame(`product [${row}, ${column}]`, product[row * W + column], sum);
    expectSame(`prototype's product [${row}, ${column}]`, second[row * W + column], sum);
  }
}
