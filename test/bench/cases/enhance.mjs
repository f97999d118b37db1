// CFE alone: ns for one connection in one shuffle, on the prototypes' case (100,000 fixels x 400 connections; 30,000 of the rows).

import { fillRow } from "../tools/inputs.mjs";
import { bestOf, expectClose, expectSame } from "../tools/measure.mjs";
import { createRandom } from "../tools/random.mjs";

const M = 100_000;
const K = 400;
const ROWS = { quick: 6_000, full: 30_000 };
const ROUNDS = { quick: 4, full: 12 };
const DH = 0.1;
const WIDE_BINS = 1502;

const KINDS = [
  { name: "cfe u8, t-test", binBytes: 1, twoSided: false, atMost: 0.5 },
  { name: "cfe u8, F-test (no statistic below 0)", binBytes: 1, twoSided: true },
  { name: "cfe u16, t-test", binBytes: 2, twoSided: false },
];

export const enhanceCases = KINDS.map((kind) => ({
  group: "kernels",
  name: kind.name,
  quick: true,
  run: (context) => runEnhance(context, kind),
}));

async function runEnhance(context, { binBytes, twoSided, atMost }) {
  const bench = await context.kernelBench();
  const { kernels, prototypes, memory } = bench;
  const rows = ROWS[context.mode];
  const nnz = rows * K;
  const nBins = binBytes === 1 ? 256 : WIDE_BINS;
  const sizes = [
    M * 16,
    M * 32,
    (rows + 1) * 4,
    nnz * 8,
    nnz * 4,
    nnz * 4,
    rows * 64,
    rows * 64,
    64 * WIDE_BINS,
    16384,
    WIDE_BINS * 4,
    rows * 4,
  ];
  const [narrow, wide, starts, pairs, indices, weights, enhanced, second, histogram, histogram2, heights, norms] =
    bench.regions(sizes);
  const view = (Type, at, count) => new Type(memory.buffer, at, count);

  const narrowBins = view(Uint8Array, narrow, M * 16);
  fillBins(narrowBins, twoSided);
  view(Uint16Array, wide, M * 16).set(narrowBins);
  const fixels = view(Uint32Array, indices, nnz);
  const values = view(Float32Array, weights, nnz);
  const random = createRandom(7);
  for (let f = 0; f < rows; f++) {
    fillRow(random, f, M, fixels.subarray(f * K, f * K + K), values.subarray(f * K, f * K + K));
  }
  const words = view(Uint32Array, pairs, nnz * 2);
  const floats = view(Float32Array, pairs, nnz * 2);
  for (let p = 0; p < nnz; p++) {
    words[2 * p] = fixels[p];
    floats[2 * p + 1] = values[p];
  }
  view(Uint32Array, starts, rows + 1).forEach((_, i, array) => {
    array[i] = i * K;
  });
  view(Float32Array, norms, rows).fill(1);
  const powers = view(Float32Array, heights, WIDE_BINS);
  for (let h = 0; h < WIDE_BINS; h++) powers[h] = (h * DH) ** 3;

  const bins = binBytes === 1 ? narrow : wide;
  const best = bestOf(
    {
      ours: () =>
        kernels.f32EnhanceRows(rows, 0, binBytes, nBins, 2, starts, pairs, norms, heights, bins, enhanced, histogram),
      prototype: () => prototypes.prototypeEnhance(rows, starts, indices, weights, heights, narrow, second, histogram2),
    },
    ROUNDS[context.mode],
  );
  const ours = view(Float32Array, enhanced, rows * 16);
  const theirs = view(Float32Array, second, rows * 16);
  for (let i = 0; i < ours.length; i++) expectSame(`enhanced [${i}]`, ours[i], theirs[i]);
  for (const row of [0, 17, rows - 1]) checkRow(row, narrowBins, fixels, values, powers, ours);
  const value = (best.ours * 1e6) / nnz / 16;
  return {
    figures: [
      { name: "a connection and shuffle", value, unit: "ns", ...(atMost === undefined ? {} : { atMost }) },
      { name: "time of the prototype (u8)", value: best.ours / best.prototype, unit: "ratio", better: "less" },
    ],
  };
}

function fillBins(bins, twoSided) {
  const random = createRandom(3);
  const shared = new Float64Array(16);
  for (let f = 0; f < M; f++) {
    for (let l = 0; l < 16; l++) {
      if (f % 50 === 0) shared[l] = random.normal();
      const drawn = 0.8 * shared[l] + 0.6 * random.normal();
      bins[f * 16 + l] = Math.max(0, Math.floor((twoSided ? Math.abs(drawn) : drawn) / DH));
    }
  }
}

/** By the definition, height by height, in float64. */
function checkRow(row, bins, fixels, values, powers, enhanced) {
  for (let lane = 0; lane < 16; lane++) {
    let expected = 0;
    for (let h = 1; h <= bins[row * 16 + lane]; h++) {
      let extent = 0;
      for (let p = row * K; p < row * K + K; p++) if (bins[fixels[p] * 16 + lane] >= h) extent += values[p];
      expected += extent ** 2 * powers[h];
    }
    expectClose(`enhanced statistic of row ${row}, lane ${lane}`, enhanced[row * 16 + lane], expected, 1e-5);
  }
}
