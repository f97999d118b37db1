// The product of a library: alone, as the engine calls it (rows out of panels once a block, then tile after tile), and the SIMD kernels, in turns in one process.
import { bestOf, expectClose } from "../tools/measure.mjs";
import { createRandom } from "../tools/random.mjs";

const ROUNDS = { quick: 4, full: 15 };
const ROWS = 256;
/** Of a block. */
const TILES = 10;
const SHAPES = [
  { n: 1000, W: 512 },
  { n: 200, W: 1024 },
];

export const nativeCases = SHAPES.flatMap(({ n, W }) =>
  ["double", "single"].map((precision) => ({
    group: "kernels",
    name: `product of a library, ${precision}, n=${n} R=${ROWS} W=${W}`,
    quick: true,
    run: (context) => runNative(context, precision, { n, W }),
  })),
);

async function runNative({ built, mode }, precision, { n, W }) {
  const { chooseLibrary } = await built("src/kernels/native/choose-library.js");
  const { createKernelSet } = await built("src/kernels/choose-kernels.js");
  const request = { precisions: [precision], nSubjects: n, rows: ROWS, width: W, mustGain: false };
  const { chosen, tried } = await chooseLibrary(request);
  if (chosen === undefined)
    return { figures: [], note: `no library of this machine multiplies: ${JSON.stringify(tried)}` };
  const single = precision === "single";
  const Values = single ? Float32Array : Float64Array;
  const room = Math.max(n * W, n * ROWS, ROWS * W) * 8 + 64;
  const at = (i) => 64 + i * Math.ceil(room / 64) * 64;
  const memory = new WebAssembly.Memory({ initial: 600, maximum: 600, shared: true });
  const k = createKernelSet("native", memory, undefined, chosen);
  const [packed, packed32, rows, gathered, product] = [0, 1, 2, 3, 4].map(at);
  const random = createRandom(n);
  const fill = (values) => {
    for (let i = 0; i < values.length; i++) values[i] = random.normal();
  };
  fill(new Float64Array(memory.buffer, packed, n * W));
  const basis = new Values(memory.buffer, gathered, ROWS * n);
  fill(basis);
  const [multiply, toRows, simd] = single
    ? [k.rowProduct.f32, k.f32RowsFromPanels, k.product.f32]
    : [k.rowProduct.f64, k.f64RowsFromPanels, k.product.f64];
  const alone = () => {
    for (let tile = 0; tile < TILES; tile++) multiply(ROWS, n, W, gathered, rows, product);
  };
  const variants = {
    engine() {
      toRows(n, W, packed, W, 0, rows);
      alone();
    },
    alone,
    simd() {
      if (single) k.f32FromF64Panels(n, W, packed, 0, packed32);
      for (let tile = 0; tile < TILES; tile++) {
        simd(ROWS, n, W, gathered, single ? packed32 : packed, product, W);
      }
    },
  };
  const best = bestOf(variants, ROUNDS[mode]);
  variants.engine();
  const operand = new Values(memory.buffer, rows, n * W);
  let sum = 0;
  for (let i = 0; i < n; i++) sum += basis[n + i] * operand[i * W + 3];
  expectClose(
    "an entry of the product",
    new Values(memory.buffer, product, ROWS * W)[W + 3],
    sum,
    single ? 1e-3 : 1e-9,
  );
  const rate = (ms) => (2 * ROWS * n * W * TILES) / ms / 1e6;
  const { name, version, core } = chosen.report;
  return {
    figures: [
      { name: "as the engine calls it", value: rate(best.engine), unit: "GFLOP/s" },
      { name: "of the library alone", value: best.alone / best.engine, unit: "x", atLeast: 0.8 },
      { name: "of the SIMD kernels", value: best.simd / best.engine, unit: "x", better: "more" },
    ],
    note: `${name} ${version} ${core}`.trim(),
  };
}
