// What is made of a product: statistic and bin, statistic and score, by the rows of the product, the contrast's rank and the corrections. A product of its own
// for each tile, as in a run: no processor must learn the branches of one by heart.
import { bestOf, expectTrue } from "../tools/measure.mjs";
import { createRandom } from "../tools/random.mjs";

const N = 1000;
const W = 256;
const TILE = 16;
const TILES = 16;
const ROUNDS = { quick: 5, full: 25 };
const MOST_NS = 4;

/** `within`: whether the figure of 4 ns is meant to be kept; more rows than four take 0.4 ns each (src/kernels/RATIONALE.md). */
const SHAPES = [
  { rows: 1, rank: 1, corrections: 0, within: true },
  { rows: 2, rank: 1, corrections: 0, within: true },
  { rows: 4, rank: 1, corrections: 0, within: true },
  { rows: 8, rank: 1, corrections: 0 },
  { rows: 3, rank: 1, corrections: 1, within: true },
  { rows: 4, rank: 1, corrections: 2 },
  { rows: 2, rank: 2, corrections: 0, within: true },
  { rows: 4, rank: 2, corrections: 1 },
  { rows: 3, rank: 3, corrections: 0 },
  { rows: 5, rank: 4, corrections: 0 },
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
  const [product, correctionRows, columns, sums, contrast, cells, squares, bins, scores] = bench.regions([
    ...[TILES * productBytes, TILES * correctionBytes, corrections * W * 8, W * 8, rows * rank * 8],
    ...[table.cells.length * 2, table.squares.length * 8, TILES * W * TILE, TILE * W * 8],
  ]);
  const f64 = (at, count) => new Float64Array(memory.buffer, at, count);
  const random = createRandom(12);
  const draw = (at, count, size) => {
    const values = f64(at, count);
    for (let i = 0; i < count; i++) values[i] = size * random.normal();
  };
  draw(product, TILES * TILE * rows * W, 1);
  draw(correctionRows, TILES * TILE * rows * corrections, 0.1);
  draw(columns, corrections * W, 1);
  f64(sums, W).fill(N);
  f64(contrast, rows * rank).forEach((_, i, a) => {
    a[i] = Math.floor(i / rank) === i % rank ? 1 : 0;
  });
  new Uint16Array(memory.buffer, cells, table.cells.length).set(table.cells);
  f64(squares, table.squares.length).set(table.squares);
  const inputs = (tile) => [
    ...[TILE, W, rows, rank, corrections, product + tile * productBytes, 8, W, contrast],
    ...[correctionRows + tile * correctionBytes, columns, W, sums, dof, rank === 1 ? 1 : 0],
  ];
  const lookup = [table.nCells, table.firstCell, table.shift, cells, squares, 1];
  const all = (work) => () => {
    for (let tile = 0; tile < TILES; tile++) work(tile);
  };
  const best = bestOf(
    {
      bin: all((tile) => k.f64BinStatistics(...inputs(tile), ...lookup, bins + tile * W * TILE)),
      score: all((tile) => k.f64ScoreStatistics(...inputs(tile), 0, scores, W)),
    },
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
