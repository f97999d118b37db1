// What a library is asked in a process of its own, and what it answers: right, same bits, rates beside the SIMD kernels on the job's own tile.
import { createKernelSet } from "../choose-kernels.js";
import type { ProductKernel, RowProductKernel } from "../kernel-set.js";
import {
  columnsForSameBits,
  errorOfProduct,
  MOST_SLICED,
  mostErrorOf,
  type Operands,
  sumsSlices,
} from "./check-product.js";
import type { Precision, PrecisionReport, TrialReport, TrialRequest } from "./native-product.js";
import { type OpenedLibrary, openLibrary } from "./open-library.js";

/** Subjects at most: more change neither rates nor the order of sums, but take their time. */
const MOST_SUBJECTS = 4096;
/** Columns where same bits need none or cannot be had. */
const COLUMNS = 32;
/** Multiply-adds of one timed call: 1 to 3 ms. */
const TIMED = 3e7;
const TIMED_MS = 30;
const MOST_ROUNDS = 8;
/** Subjects that are summed for themselves, for the check of products in slices: of SLICED several, and a rest. */
const SLICE = 200;
const SLICED = { rows: 16, n: 515, width: 24 };
/** Odd sizes, compared whole. */
const SMALL = [{ rows: 7, n: 33, width: 40 }, { rows: 1, n: 1, width: 8 }, SLICED];

/** Throws an Error that says why the library cannot be used. */
export function tryProduct(request: TrialRequest): TrialReport {
  const library = openLibrary(request);
  const { name, version, core } = library;
  const precisions: Partial<Record<Precision, PrecisionReport>> = {};
  for (const precision of request.precisions) precisions[precision] = tryPrecision(library, precision, request);
  return { name, version, core, precisions };
}

function tryPrecision(library: OpenedLibrary, precision: Precision, request: TrialRequest): PrecisionReport {
  const size = { rows: request.rows, n: Math.min(request.nSubjects, MOST_SUBJECTS), width: request.width };
  const [rowBytes, columnBytes, productBytes] = [
    Math.max(size.rows * Math.max(size.n, MOST_SLICED), 2 ** 14) * 8,
    Math.max(Math.max(size.n, MOST_SLICED) * size.width, 2 ** 15) * 8,
    size.rows * size.width * 8 + 2 ** 14,
  ];
  const [gathered, columns, product] = [64, 64 + rowBytes, 64 + rowBytes + columnBytes];
  const pages = Math.ceil((product + productBytes) / 65536) + 1;
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const rowProduct = library.bind(memory.buffer);
  const kernel = precision === "double" ? rowProduct.f64 : rowProduct.f32;
  const operands: Operands = { kernel, buffer: memory.buffer, precision, gathered, columns, product };
  const sliced: RowProductKernel = (nOut, n, width, ...at) => kernel(nOut, n, width, at[0], at[1], at[2], SLICE);
  const tries = [...[...SMALL, size].map((tile) => ({ tile, kernel })), { tile: SLICED, kernel: sliced }];
  let error = 0;
  for (const { tile, kernel } of tries) {
    const found = errorOfProduct({ ...operands, kernel }, tile);
    const mostError = mostErrorOf(precision, tile.n);
    if (!(found <= mostError)) {
      const wrong = { isRight: false, error: found, mostError, hasSameBits: false } as const;
      return { ...wrong, columns: COLUMNS, gflops: 0, simdGflops: 0 };
    }
    error = Math.max(error, found);
  }
  const step = columnsForSameBits(operands, size);
  const simd = createKernelSet("simd", memory).product;
  const rates = timeBoth(operands, precision === "double" ? simd.f64 : simd.f32, size);
  const ofSlices = precision === "single" ? { sumsSlices: sumsSlices(operands, size) } : {};
  return { isRight: true, error, columns: step ?? COLUMNS, hasSameBits: step !== undefined, ...ofSlices, ...rates };
}

/** In turns, the best of each: GFLOP/s. */
function timeBoth(
  { kernel, gathered, columns, product }: Operands,
  simd: ProductKernel,
  { rows, n, width }: { readonly rows: number; readonly n: number; readonly width: number },
): Pick<PrecisionReport, "gflops" | "simdGflops"> {
  const timed = Math.min(width, Math.max(64, Math.ceil(TIMED / rows / n / 64) * 64));
  const flop = 2 * rows * n * timed;
  const rate = (work: () => void) => {
    const start = performance.now();
    work();
    return flop / 1e6 / Math.max(performance.now() - start, 1e-3);
  };
  let [gflops, simdGflops] = [0, 0];
  const end = performance.now() + TIMED_MS;
  // the second round at least: V8 compiles the kernels again while they run for the first time
  for (let round = 0; round < 2 || (round < MOST_ROUNDS && performance.now() < end); round++) {
    gflops = Math.max(
      gflops,
      rate(() => kernel(rows, n, timed, gathered, columns, product)),
    );
    // the operands are no panels of anything, but take as long
    const simdRows = rows - (rows % 4);
    simdGflops = Math.max(
      simdGflops,
      rate(() => simd(simdRows, n, timed, gathered, columns, product, timed)),
    );
  }
  return { gflops, simdGflops };
}
