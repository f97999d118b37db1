// The general linear model's hot path: product and statistic-to-bin, two-column design, n = 1000, a block as the engine cuts it.
import { bestOf, expectSame } from "../tools/measure.mjs";
import { createRandom } from "../tools/random.mjs";

const N = 1000;
const W = 256;
const RANK = 2;
const TILE = 16;
const TILES = 16;
const ROUNDS = { quick: 5, full: 25 };

export const glmCases = ["double", "single"].map((precision) => ({
  group: "kernels",
  name: `glm n=${N}, two columns, ${precision}`,
  quick: true,
  run: (context) => runGlm(context, precision),
}));

async function runGlm(context, precision) {
  const bench = await context.kernelBench();
  const { kernels: k, memory } = bench;
  const { createZThresholds } = await context.built("src/stats/glm/z-thresholds.js");
  const { binOfSquare } = await context.built("src/stats/glm/bin-table.js");
  const single = precision === "single";
  const dof = N - RANK;
  const table = createZThresholds({ dof, rank: 1, kind: "t", dh: 0.1, maxBin: 255 });
  const rows = TILE * RANK;
  const tileBytes = rows * N * (single ? 4 : 8);
  const sizes = [N * W * 8, N * W * 4, RANK * N * 8, TILES * TILE * N * 4, TILES * TILE * N, TILES * tileBytes];
  const rest = [
    rows * W * 8,
    W * 8,
    RANK * 8,
    table.cells.length * 2,
    table.squares.length * 8,
    TILES * W * 16,
    TILES * rows * W * (single ? 4 : 8),
  ];
  const [packed, packed32, basis, labels, signs, gathered, product, sums, contrast, cells, squares, bins, products] =
    bench.regions([...sizes, ...rest]);
  const f64 = (at, count) => new Float64Array(memory.buffer, at, count);

  const random = createRandom(11);
  f64(packed, N * W).forEach((_, i, y) => {
    y[i] = random.normal();
  });
  // intercept, and the centred group
  f64(basis, 2 * N).forEach((_, i, q) => {
    q[i] = (i < N || i >= N + N / 2 ? 1 : -1) / Math.sqrt(N);
  });
  k.f64ProjectOut(N, W, 1, basis, packed, 0);
  k.f64SumSquares(N, W, packed, sums);
  k.f32FromF64Panels(N, W, packed, 0, packed32);
  f64(contrast, RANK).set([0, 1]);
  new Uint16Array(memory.buffer, cells, table.cells.length).set(table.cells);
  f64(squares, table.squares.length).set(table.squares);
  const order = Int32Array.from({ length: N }, (_, i) => i);
  new Int8Array(memory.buffer, signs, TILES * TILE * N).fill(1);
  for (let b = 0; b < TILES * TILE; b++) {
    random.shuffle(order);
    new Int32Array(memory.buffer, labels, TILES * TILE * N).set(order, b * N);
  }
  for (let tile = 0; tile < TILES; tile++) {
    const gather = single ? k.f32GatherBasis : k.f64GatherBasis;
    const from = tile * TILE * N;
    gather(N, RANK, TILE, labels + from * 4, signs + from, basis, gathered + tile * tileBytes);
  }
  const multiply = (tile, to = product) => {
    const a = gathered + tile * tileBytes;
    if (single) k.product.f32(rows, N, W, a, packed32, to, W);
    else k.product.f64(rows, N, W, a, packed, to, W);
  };
  // a product of its own for each tile: no processor must learn the branches of one by heart
  const productOf = (tile) => products + tile * rows * W * (single ? 4 : 8);
  const bin = (tile, from = product) =>
    k.f64BinStatistics(
      TILE,
      W,
      RANK,
      1,
      0,
      from,
      single ? 4 : 8,
      W,
      contrast,
      0,
      0,
      W,
      sums,
      dof,
      1,
      table.nCells,
      table.firstCell,
      table.shift,
      cells,
      squares,
      1,
      bins + tile * W * 16,
    );
  const all = (work) => () => {
    for (let tile = 0; tile < TILES; tile++) work(tile);
  };
  const variants = {
    both: all((tile) => {
      multiply(tile);
      bin(tile);
    }),
    product: all((tile) => multiply(tile)),
    epilogue: all((tile) => bin(tile, productOf(tile))),
  };
  for (let tile = 0; tile < TILES; tile++) multiply(tile, productOf(tile));
  const best = bestOf(variants, ROUNDS[context.mode]);
  variants.both();
  check(memory, { packed, labels, bins, sums }, dof, (x) => binOfSquare(table, x), single);
  const each = (ms) => (ms * 1e3) / (TILES * TILE * W);
  return {
    figures: [
      { name: "an element and shuffle", value: each(best.both), unit: "us", ...(single ? {} : { atMost: 0.2 }) },
      { name: "of which product", value: each(best.product), unit: "us" },
      { name: "of which statistic and bin", value: each(best.epilogue), unit: "us" },
    ],
  };
}

/** t of the permuted column, straight from the definition. Single precision may move a value over a threshold: bins within one. */
function check(memory, { packed, labels, bins, sums }, dof, binOf, single) {
  const y = new Float64Array(memory.buffer, packed, N * W);
  const shuffles = new Int32Array(memory.buffer, labels, TILES * TILE * N);
  const stored = new Uint8Array(memory.buffer, bins, TILES * W * 16);
  for (const [b, w] of [
    [0, 0],
    [37, 100],
    [255, 255],
    [130, 3],
  ]) {
    let u = 0;
    for (let i = 0; i < N; i++) {
      const column = shuffles[b * N + i];
      u += ((i < N / 2 ? -1 : 1) / Math.sqrt(N)) * y[(w - (w % 4)) * N + column * 4 + (w % 4)];
    }
    const sse = new Float64Array(memory.buffer, sums, W)[w] - u * u;
    const expected = binOf(u > 0 ? (u * u * dof) / sse : 0);
    const got = stored[Math.floor(b / TILE) * W * 16 + w * 16 + (b % TILE)];
    if (single && Math.abs(got - expected) === 1) continue;
    expectSame(`bin of shuffle ${b}, element ${w}`, got, expected);
  }
}
