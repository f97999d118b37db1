// What is made of a product: statistic and bin, statistic and score, by the rows of the product, the contrast's rank and the corrections. A product of its own
// for each tile, as in a run: no processor must learn the branches of one by heart. It is brought to one place first, which is not counted: a run reads what
// has just been written, not what comes from memory.
import { expectTrue } from "../tools/measure.mjs";
import { createRandom } from "../tools/random.mjs";

const N = 1000;
const W = 256;
const TILE = 16;
const TILES = 16;
const ROUNDS = { quick: 5, full: 25 };
const MOST_NS = 4;

/** `within`: whether 4 ns are meant to be kept; a contrast of more than four rows has more to add than that (src/kernels/RATIONALE.md). */
const SHAPES = [
  { rows: 1, rank: 1, corrections: 0, within: true },
  { rows: 2, rank: 1, corrections: 0, within: true },
  { rows: 4, rank: 1, corrections: 0, within: true },
  { rows: 8, rank: 1, corrections: 0, within: true },
  { rows: 3, rank: 1, corrections: 1, within: true },
  { rows: 4, rank: 1, corrections: 2, within: true },
  { rows: 4, rank: 1, corrections: 3, within: true },
  { rows: 2, rank: 2, corrections: 0, within: true },
  { rows: 4, rank: 2, corrections: 1, within: true },
  { rows: 3, rank: 3, corrections: 0, within: true },
  { rows: 5, rank: 4, corrections: 0, within: true },
  { rows: 6, rank: 4, corrections: 1 },
  { rows: 6, rank: 5, corrections: 0 },
  { rows: 9, rank: 8, corrections: 0 },
];

export const epilogueCases = SHAPES.map((shape) => ({
  group: "kernels",
  name: `statistic of ${shape.rows} rows, contrast of rank ${shape.rank}, ${shape.corrections} corrections`,
  run: (context) => runEpilogue(context, shape),
}));

async function runEpilogue(context, { rows, rank, corrections, within }) {
  const bench = await context.kernelBench();
  const { kernels: k, memory } = bench;
  const { createZThresholds } = await context.built("src/stats/glm/z-thresholds.js");
  const dof = N - rows - 1;
  const kind = rank === 1 ? "t" : "F";
  const table = createZThresholds({ dof, rank, kind, dh: 0.1, maxBin: 255 });
  const productBytes = TILE * rows * W * 8;
  const correctionBytes = TILE * rows * corrections * 8;
  const [products, product, correctionRows, columns, sums, contrast, cells, squares, bins, scores] = bench.regions([
    ...[TILES * productBytes, productBytes, TILES * correctionBytes, corrections * W * 8, W * 8, rows * rank * 8],
    ...[table.cells.length * 2, table.squares.length * 8, TILES * W * TILE, TILE * W * 8],
  ]);
  const f64 = (at, count) => new Float64Array(memory.buffer, at, count);
  const random = createRandom(12);
  const draw = (at, count, size) => {
    const values = f64(at, count);
    for (let i = 0; i < count; i++) values[i] = size * random.normal();
  };
  draw(products, TILES * TILE * rows * W, 1);
  draw(correctionRows, TILES * TILE * rows * corrections, 0.1);
  draw(columns, corrections * W, 1);
  f64(sums, W).fill(N);
  // columns of a reflection: orthonormal, and nothing in it is 0
  const axis = Array.from({ length: rows }, () => random.normal());
  const length = axis.reduce((sum, x) => sum + x * x, 0);
  f64(contrast, rows * rank).forEach((_, i, a) => {
    const [j, q] = [Math.floor(i / rank), i % rank];
    a[i] = (j === q ? 1 : 0) - (2 * axis[j] * axis[q]) / length;
  });
  new Uint16Array(memory.buffer, cells, table.cells.length).set(table.cells);
  f64(squares, table.squares.length).set(table.squares);
  const inputs = (tile) => [
    ...[TILE, W, rows, rank, corrections, product, 8, W, contrast],
    ...[correctionRows + tile * correctionBytes, columns, W, sums, dof, rank === 1 ? 1 : 0],
  ];
  const lookup = [table.nCells, table.firstCell, table.shift, cells, squares, 1];
  const memoryBytes = new Uint8Array(memory.buffer);
  const bringProduct = (tile) =>
    memoryBytes.copyWithin(product, products + tile * productBytes, products + (tile + 1) * productBytes);
  const best = bestOfTiles(
    {
      bin: (tile) => k.f64BinStatistics(...inputs(tile), ...lookup, bins + tile * W * TILE),
      score: (tile) => k.f64ScoreStatistics(...inputs(tile), 1e-14, 0, scores, W),
    },
    bringProduct,
    ROUNDS[context.mode],
  );
  const nonzero = new Uint8Array(memory.buffer, bins, TILES * W * TILE).reduce(
    (sum, bin) => sum + (bin > 0 ? 1 : 0),
    0,
  );
  expectTrue("bins are those of chance", nonzero > TILES * W * TILE * 0.3);
  const each = (ms) => (ms * 1e6) / (TILES * TILE * W);
  const target = within ? { atMost: MOST_NS } : {};
  return {
    figures: [
      { name: "statistic and bin", value: each(best.bin), unit: "ns", ...target },
      { name: "statistic and score", value: each(best.score), unit: "ns", ...target },
    ],
  };
}

/** Milliseconds of all tiles, without what is prepared for each: the best of several rounds in turn, the first of which only warms up. */
function bestOfTiles(variants, prepare, rounds) {
  const best = {};
  for (let round = 0; round <= rounds; round++) {
    for (const [name, work] of Object.entries(variants)) {
      let ms = 0;
      for (let tile = 0; tile < TILES; tile++) {
        prepare(tile);
        // too short for processor time, which is counted in microseconds
        const start = performance.now();
        work(tile);
        ms += performance.now() - start;
      }
      if (round > 0) best[name] = Math.min(best[name] ?? Number.POSITIVE_INFINITY, ms);
    }
  }
  return best;
}
