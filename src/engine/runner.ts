// What one thread does with one piece of claimed work. Main thread and workers run the same code over the same memory.
import { type ConnectivityFiles, openConnectivityFiles } from "../connectivity/connectivity-files.js";
import { type KernelSet, LANES, ROW_PANEL } from "../kernels/kernel-set.js";
import type { DesignPartition } from "../stats/design/partition.js";
import { observeHypothesis, standardDeviation } from "../stats/glm/observed.js";
import type { ColumnSource } from "../store/column-source.js";
import { openColumnSource } from "../store/open-column-source.js";
import { type EngineJob, observedIndex, type PhaseOrder } from "./job.js";

const roundUp = (count: number, multiple: number) => Math.ceil(count / multiple) * multiple;
/** A column whose sum of squares shrinks by this factor when the nuisance is removed was constant but for rounding. */
const CONSTANT_COLUMN = 1e-24;
/** Residuals below this share are rounding: the same rule as f64BinStatistics. */
const SSE_ROUNDING = 1e-14;

export interface Runner {
  observeBlock(iBlock: number): void;
  binBlock(iBlock: number, order: { lanes: number; binBytes: 1 | 2 }): void;
  enhanceWindow(iWindow: number, order: Extract<PhaseOrder, { phase: "enhance" }>): void;
  /** Before the first window of a batch: this worker's maxima become 0. */
  clearMaxima(): void;
  readonly largestBin: () => number;
  readonly nonFiniteElement: () => number;
  readonly bytesRead: () => number;
  resetReport(): void;
  close(): void;
}

export interface RunnerInputs {
  readonly job: EngineJob;
  readonly iWorker: number;
  readonly memory: WebAssembly.Memory;
  readonly kernels: KernelSet;
  /** Needed by the observed pass. */
  readonly partition: DesignPartition;
  readonly onFallback?: (reason: string) => void;
}

export function createRunner(inputs: RunnerInputs): Runner {
  const { job, kernels: k, memory, partition } = inputs;
  const { size, shared, blockWidth } = job;
  const { nSubjects: n, nElements: m, rank } = size;
  const buffer = memory.buffer;
  const base = job.workersStart + inputs.iWorker * job.workerBytes;
  const at = (region: number) => base + region;
  const w = job.worker;
  const u32 = (pointer: number, count: number) => new Uint32Array(buffer, pointer, count);
  const f64 = (pointer: number, count: number) => new Float64Array(buffer, pointer, count);
  const f32 = (pointer: number, count: number) => new Float32Array(buffer, pointer, count);

  const blocks = u32(shared.blocks, job.nBlocks * 4);
  const columns = u32(shared.columns, m);
  const columnIndices = u32(at(w.columnIndices), blockWidth);
  const nonFinite = new Uint8Array(buffer, at(w.nonFinite), blockWidth);
  const rawSums = f64(at(w.rawSums), blockWidth);
  const sums = f64(at(w.sums), blockWidth);
  const factors = f64(at(w.factors), blockWidth);
  const hypothesisSums = f64(at(w.hypothesisSums), blockWidth);
  const nMoments = size.hypotheses.reduce((sum, h) => sum + h.nCorrections, 0);
  const moments = f64(at(w.moments), Math.max(roundUp(nMoments, ROW_PANEL), 1) * blockWidth);

  let source: ColumnSource | undefined;
  let connectivity: ConnectivityFiles | undefined;
  let largestBin = 0;
  let nonFiniteElement = -1;
  let bytesRead = 0;

  /** Reads block i and packs the columns inside the mask; returns first element, elements, padded width. */
  const loadBlock = (iBlock: number) => {
    source ??= openColumnSource({ ...job.source, windowBytes: job.windowBytes }, inputs.onFallback);
    const [firstColumn, nColumns, firstElement, nElements] = blocks.subarray(iBlock * 4, iBlock * 4 + 4) as unknown as [
      number,
      number,
      number,
      number,
    ];
    const bytes = n * nColumns * size.valueBytes;
    source.copyColumnsInto(new Uint8Array(buffer, at(w.raw), bytes), firstColumn, nColumns);
    bytesRead += bytes;
    for (let i = 0; i < nElements; i++) columnIndices[i] = columns[firstElement + i]! - firstColumn;
    k.f64PackColumns(
      n,
      nElements,
      at(w.raw),
      size.valueBytes,
      nColumns,
      at(w.columnIndices),
      at(w.packed),
      at(w.nonFinite),
    );
    return { firstElement, nElements, width: roundUp(nElements, 8) };
  };

  /** Removes the nuisance that all hypotheses share; a column that was nothing but nuisance becomes exactly zero. */
  const removeShared = (width: number) => {
    k.f64SumSquares(n, width, at(w.packed), at(w.rawSums));
    k.f64ProjectOut(n, width, size.sharedRank, shared.sharedNuisance, at(w.packed));
    k.f64SumSquares(n, width, at(w.packed), at(w.sums));
    for (let c = 0; c < width; c++) {
      const constant = !(sums[c]! > CONSTANT_COLUMN * rawSums[c]!);
      // single precision: unit columns, so that no product under- or overflows; F does not change
      factors[c] = constant ? 0 : job.precision === "single" ? 1 / Math.sqrt(sums[c]!) : 1;
      sums[c] = constant ? 0 : job.precision === "single" ? 1 : sums[c]!;
    }
    k.f64ScaleColumns(n, width, at(w.factors), at(w.packed));
  };

  const gatheredTileBytes = roundUp(job.tileShuffles * rank, ROW_PANEL) * n * (job.precision === "single" ? 4 : 8);

  const multiplyTile = (iTile: number, width: number) => {
    const nOut = roundUp(job.tileShuffles * rank, ROW_PANEL);
    const gathered = shared.gathered + iTile * gatheredTileBytes;
    if (job.precision === "double") {
      k.f64Gemm(nOut, n, width, gathered, at(w.packed), at(w.product), width);
      return;
    }
    k.f32Gemm(nOut, n, width, gathered, at(w.packed32), at(w.product32), width);
    k.f64FromF32(nOut * width, at(w.product32), at(w.product));
  };

  return {
    observeBlock(iBlock) {
      const { firstElement, nElements, width } = loadBlock(iBlock);
      const bad = nonFinite.subarray(0, nElements).indexOf(1);
      if (bad >= 0)
        nonFiniteElement = nonFiniteElement < 0 ? firstElement + bad : Math.min(nonFiniteElement, firstElement + bad);
      const nBetas = roundUp(size.nFactors, ROW_PANEL);
      k.f64Gemm(nBetas, n, width, shared.pinv, at(w.packed), at(w.product), width);
      removeShared(width);
      // sums: |e|^2 after the shared nuisance; then the whole design
      for (let c = 0; c < width; c++) rawSums[c] = sums[c]!;
      k.f64ProjectOut(n, width, rank, shared.basis, at(w.packed));
      k.f64SumSquares(n, width, at(w.packed), at(w.sums));
      const index = observedIndex(size);
      const betas = f64(at(w.product), nBetas * width);
      const image = (i: number) => f32(shared.observed + i * m * 4, m);
      const beta = new Float64Array(size.nFactors);
      for (let c = 0; c < nElements; c++) {
        const element = firstElement + c;
        for (let j = 0; j < size.nFactors; j++) {
          beta[j] = betas[j * width + c]!;
          image(index.beta(j))[element] = beta[j]!;
        }
        const scale = job.precision === "single" && factors[c]! > 0 ? 1 / factors[c]! ** 2 : 1;
        const sse = sums[c]! > SSE_ROUNDING * rawSums[c]! ? sums[c]! * scale : 0;
        image(index.standardDeviation)[element] = standardDeviation(sse, partition);
        for (const [h, part] of partition.hypotheses.entries()) {
          const observed = observeHypothesis(partition, part, beta, sse);
          image(index.statistic(h))[element] = observed.statistic;
          image(index.z(h))[element] = observed.z;
          image(index.effect(h))[element] = observed.effect;
          image(index.standardisedEffect(h))[element] = observed.standardisedEffect;
        }
      }
    },

    binBlock(iBlock, { lanes, binBytes }) {
      const { firstElement, nElements, width } = loadBlock(iBlock);
      removeShared(width);
      if (nMoments > 0) {
        k.f64Gemm(roundUp(nMoments, ROW_PANEL), n, width, shared.moments, at(w.packed), at(w.moments), width);
      }
      if (job.precision === "single") k.f32FromF64Panels(n, width, at(w.packed), at(w.packed32));
      for (let first = 0; first < lanes; first += job.tileShuffles) {
        multiplyTile(first / job.tileShuffles, width);
        let firstMoment = 0;
        for (const [h, hypothesis] of size.hypotheses.entries()) {
          const regions = shared.hypotheses[h]!;
          let sumsAt = at(w.sums);
          if (hypothesis.nCorrections > 0) {
            sumsAt = at(w.hypothesisSums);
            for (let c = 0; c < width; c++) {
              let sum = sums[c]!;
              for (let j = 0; j < hypothesis.nCorrections; j++) sum -= moments[(firstMoment + j) * width + c]! ** 2;
              hypothesisSums[c] = sum;
            }
          }
          const group = Math.floor(first / LANES);
          const bins = regions.bins + ((group * m + firstElement) * LANES + (first % LANES)) * binBytes;
          const largest = k.f64BinStatistics(
            Math.min(job.tileShuffles, lanes - first),
            nElements,
            rank,
            hypothesis.contrastRank,
            hypothesis.nCorrections,
            at(w.product),
            width,
            regions.contrastBasis,
            regions.corrections + first * rank * hypothesis.nCorrections * 8,
            at(w.moments) + firstMoment * width * 8,
            width,
            sumsAt,
            size.dof,
            hypothesis.signed,
            hypothesis.nCells,
            hypothesis.cellsPerUnit,
            regions.cells,
            regions.thresholds,
            binBytes,
            bins,
          );
          largestBin = Math.max(largestBin, largest);
          firstMoment += hypothesis.nCorrections;
        }
      }
    },

    enhanceWindow(iWindow, order) {
      connectivity ??= openConnectivityFiles(job.connectivity.path, {
        io: job.connectivity.io,
        windowBytes: job.windowBytes,
      });
      const [firstElement, nRows, low, high] = u32(shared.windows + iWindow * 16, 4) as unknown as [
        number,
        number,
        number,
        number,
      ];
      const starts = u32(at(w.rowStarts), nRows + 1);
      connectivity.copyCountsInto(starts, firstElement, nRows);
      let nConnections = 0;
      for (let i = 0; i < nRows; i++) {
        const count = starts[i]!;
        starts[i] = nConnections;
        nConnections += count;
      }
      starts[nRows] = nConnections;
      connectivity.copyNormsInto(f32(at(w.norms), nRows), firstElement, nRows);
      if (job.enhancement.normalised === false) f32(at(w.norms), nRows).fill(1);
      const bytes = nConnections * 8;
      connectivity.copyConnectionsInto(
        new Uint8Array(buffer, at(w.connections), bytes),
        high * 2 ** 32 + low,
        nConnections,
      );
      bytesRead += bytes + nRows * 8;
      const { binBytes } = order;
      const nBins = binBytes === 1 ? job.enhancement.nBinsNarrow : job.enhancement.nBinsWide;
      const nGroups = job.batchShuffles / LANES;
      for (const [h, regions] of shared.hypotheses.entries()) {
        for (let group = 0; group * LANES < order.lanes; group++) {
          k.f32EnhanceRows(
            nRows,
            firstElement,
            binBytes,
            nBins,
            job.enhancement.extentPower,
            at(w.rowStarts),
            at(w.connections),
            at(w.norms),
            shared.heightPowers,
            regions.bins + group * m * LANES * binBytes,
            at(w.enhanced),
            at(w.histogram),
          );
          if (group === 0 && order.keepDefault) {
            k.f32KeepDefault(nRows, firstElement, at(w.enhanced), regions.defaults);
          }
          const maxima = (h * nGroups + group) * LANES * 4;
          k.f32ReduceEnhanced(
            nRows,
            firstElement,
            group === 0 ? order.firstLane : 0,
            Math.min(LANES, order.lanes - group * LANES),
            at(w.enhanced),
            regions.defaults,
            shared.eligible,
            regions.counters,
            at(w.maxima) + maxima,
            at(w.maximaElements) + maxima,
          );
        }
      }
    },

    clearMaxima() {
      const count = size.hypotheses.length * job.batchShuffles;
      f32(at(w.maxima), count).fill(0);
      u32(at(w.maximaElements), count).fill(0xffffffff);
    },
    largestBin: () => largestBin,
    nonFiniteElement: () => nonFiniteElement,
    bytesRead: () => bytesRead,
    resetReport() {
      largestBin = 0;
      nonFiniteElement = -1;
      bytesRead = 0;
    },
    close() {
      source?.close();
      connectivity?.close();
    },
  };
}
