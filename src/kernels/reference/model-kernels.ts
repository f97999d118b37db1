// Models whose design varies between elements or whose variance is grouped, by the reference implementations: pointers become views. Contract: ../CONTRACTS.md.
import { type KernelSet, PANELS, roundUp } from "../kernel-set.js";
import { groupedByColumn, groupedStatistics } from "./grouped.js";
import { factorisePair, maskedPair, preparePair } from "./masked.js";
import { type MemoryViews, span } from "./memory-views.js";
import { maskedProducts } from "./screen.js";
import { gatherMasked, gatherMaskedRows, laneProduct, laneSquares, pooledStatistics } from "./varying.js";

export function modelKernels({ f64, f32, i32, u32, i8, u16 }: MemoryViews) {
  const positionsAt = (pointer: number, bytes: 2 | 4, count: number) => (bytes === 2 ? u16 : i32)(pointer, count);

  const maskedInputs = (
    nRows: number,
    nBasis: number,
    nShuffles: number,
    positions: number,
    positionBytes: 2 | 4,
    signs: number,
    nMissing: number,
    missing: number,
    basis: number,
  ) => ({
    nRows,
    nBasis,
    nShuffles,
    positions: positionsAt(positions, positionBytes, nShuffles * nRows),
    signs: signs === 0 ? undefined : i8(signs, nShuffles * nRows),
    missing: i32(missing, nMissing),
    basis: f64(basis, (nRows - nMissing) * nBasis),
  });

  const products = (bytes: number, pointer: number, count: number) =>
    bytes === 4 ? f32(pointer, count) : f64(pointer, count);
  const lanesOf = (view: typeof f64 | typeof f32, panelWidth: number) => {
    const lanes = (
      nRows: number,
      nPacked: number,
      nShuffles: number,
      width: number,
      labels: number,
      signs: number,
      own: number,
      packed: number,
    ) => ({
      ...{ nRows, nPacked, nShuffles, width, panelWidth },
      labels: i32(labels, nShuffles * nRows),
      signs: signs === 0 ? undefined : i8(signs, nShuffles * nRows),
      own: view(own, width * nRows),
      packed: view(packed, width * nPacked),
    });
    const product: KernelSet["f64LaneProduct"] = (n, nPacked, nShuffles, width, labels, signs, own, packed, ...to) => {
      const [at, rowStep, stride] = to;
      const inputs = { ...lanes(n, nPacked, nShuffles, width, labels, signs, own, packed), rowStep, stride };
      laneProduct(inputs, view(at, span(nShuffles, rowStep * stride, width)));
    };
    const squares: KernelSet["f64LaneSquares"] = (n, nPacked, nShuffles, width, labels, signs, own, packed, ...to) => {
      const [at, rowStep, squaresAt, squareStep, stride] = to;
      product(n, nPacked, nShuffles, width, labels, signs, own, packed, at, rowStep, stride);
      const inputs = {
        ...lanes(n, nPacked, nShuffles, width, labels, signs, own, packed),
        rowStep: squareStep,
        stride,
      };
      laneSquares(inputs, view(squaresAt, span(nShuffles, squareStep * stride, width)));
    };
    return { product, squares };
  };
  const [f64Lanes, f32Lanes] = [lanesOf(f64, PANELS.f64), lanesOf(f32, PANELS.f32)];
  return {
    f64PooledStatistics(
      nShuffles,
      nColumns,
      rank,
      nOwn,
      contrastRank,
      product,
      ownProduct,
      productBytes,
      stride,
      firstShift,
      shifts,
      tested,
      testedByColumn,
      sums,
      dof,
      signed,
      least,
      squared,
      statistics,
    ) {
      const inputs = {
        least,
        nShuffles,
        nColumns,
        rank,
        nOwn,
        contrastRank,
        product: products(productBytes, product, nShuffles * rank * stride),
        ownProduct: products(productBytes, ownProduct, nShuffles * nOwn * stride),
        stride,
        firstShift,
        shifts: f64(shifts, firstShift >= 0 ? rank * stride : 0),
        tested: f64(tested, contrastRank * (rank + nOwn) * (testedByColumn === 1 ? stride : 1)),
        testedByColumn: testedByColumn === 1,
        sumSquares: f64(sums, nColumns),
        dof,
        signed: signed === 1,
        squared: squared === 1,
      };
      pooledStatistics(inputs, f64(statistics, nShuffles * stride));
    },
    f64GatherMasked(nRows, nBasis, nShuffles, positions, positionBytes, signs, nMissing, missing, basis, gathered) {
      const inputs = maskedInputs(nRows, nBasis, nShuffles, positions, positionBytes, signs, nMissing, missing, basis);
      gatherMasked(inputs, f64(gathered, roundUp(nShuffles * nBasis, PANELS.rows) * nRows));
    },
    f64GatherMaskedRows(nRows, nBasis, nShuffles, positions, positionBytes, signs, nMissing, missing, basis, gathered) {
      const inputs = maskedInputs(nRows, nBasis, nShuffles, positions, positionBytes, signs, nMissing, missing, basis);
      gatherMaskedRows(inputs, f64(gathered, nShuffles * nBasis * nRows));
    },
    f64MaskedProducts(nRows, rank, count, open, positions, positionBytes, signs, nMissing, missing, basis, ...rest) {
      const [packed, firstShared, product, stride] = rest;
      const gatheredOf = (b: number) => {
        const ofShuffle = [positions + b * nRows * positionBytes, positionBytes, signs && signs + b * nRows] as const;
        const gathered = new Float64Array(rank * nRows);
        gatherMaskedRows(maskedInputs(nRows, rank, 1, ...ofShuffle, nMissing, missing, basis), gathered);
        return gathered;
      };
      const valueAt = (at: number) => f64(packed + at * 8, 1)[0]!;
      const inputs = { nRows, rank, open: u32(open, count), gatheredOf, valueAt, firstShared, stride };
      maskedProducts(inputs, f64(product, span(rank + rank * rank, stride, count)));
    },
    f64MaskedPair(nRows, nShuffles, signs, nFirst, first, nSecond, second, ...rest) {
      const [positions, positionBytes, rows, columns, product] = rest;
      const inputs = {
        nRows,
        nShuffles,
        signs: signs === 0 ? undefined : i8(signs, nShuffles * nRows),
        missing: [i32(first, nFirst), i32(second, nSecond)] as const,
        positions: positionsAt(positions, positionBytes, nShuffles * nRows),
        rows: f64(rows, 2 * nRows + 8),
        columns: f64(columns, nRows * 4),
      };
      maskedPair(inputs, f64(product, nShuffles * 4));
    },
    f64FactorisePair(nRows, nColumns, basis, nFirst, first, nSecond, second, q, factors) {
      const missing = [i32(first, nFirst), i32(second, nSecond)] as const;
      const inputs = { nRows, nColumns, basis: f64(basis, nColumns * nRows), missing };
      factorisePair(inputs, f64(q, nColumns * nRows * 2), f64(factors, nColumns * (nColumns + 2) * 2));
    },
    f64PreparePair(nRows, nColumns, q, weights, firstSource, secondSource, sourceBytes, sourceStride, ...rest) {
      const [nFirst, first, nSecond, second, columns, rows, fit] = rest;
      const source = (pointer: number) => products(sourceBytes, pointer, span(nRows, sourceStride, 1));
      const inputs = {
        nRows,
        nColumns,
        q: f64(q, nColumns * nRows * 2),
        weights: f64(weights, nColumns * 2),
        sources: [source(firstSource), source(secondSource)] as const,
        sourceStride,
        missing: [i32(first, nFirst), i32(second, nSecond)] as const,
      };
      preparePair(inputs, f64(columns, nRows * 4), f64(rows, 2 * nRows + 8), f64(fit, 6));
    },
    f32GatherMasked(nRows, nBasis, nShuffles, positions, positionBytes, signs, nMissing, missing, basis, gathered) {
      const inputs = maskedInputs(nRows, nBasis, nShuffles, positions, positionBytes, signs, nMissing, missing, basis);
      gatherMasked(inputs, f32(gathered, roundUp(nShuffles * nBasis, PANELS.rows) * nRows));
    },
    f32GatherMaskedRows(nRows, nBasis, nShuffles, positions, positionBytes, signs, nMissing, missing, basis, gathered) {
      const inputs = maskedInputs(nRows, nBasis, nShuffles, positions, positionBytes, signs, nMissing, missing, basis);
      gatherMaskedRows(inputs, f32(gathered, nShuffles * nBasis * nRows));
    },
    f64LaneProduct: f64Lanes.product,
    f32LaneProduct: f32Lanes.product,
    f64LaneSquares: f64Lanes.squares,
    f32LaneSquares: f32Lanes.squares,
    f64GroupedStatistics(
      nShuffles,
      nColumns,
      rank,
      nGroups,
      contrastRank,
      product,
      squares,
      productBytes,
      stride,
      starts,
      directions,
      dropped,
      recovery,
      gram,
      sizes,
      rnn,
      toEffect,
      signed,
      statistics,
      dofs,
    ) {
      const groupStarts = i32(starts, nGroups + 1);
      const nAll = groupStarts[nGroups]!;
      const inputs = {
        nShuffles,
        nColumns,
        rank,
        nGroups,
        contrastRank,
        product: products(productBytes, product, nShuffles * (dropped < 0 ? nAll : nAll - 1) * stride),
        starts: groupStarts,
        directions: f64(directions, rank * nAll),
        dropped,
        recovery: f64(recovery, nAll),
        squares: products(productBytes, squares, nShuffles * nGroups * stride),
        stride,
        gram: f64(gram, nGroups * rank * rank),
        sizes: f64(sizes, nGroups),
        rnn: f64(rnn, nGroups),
        toEffect: f64(toEffect, contrastRank * rank),
        signed: signed === 1,
      };
      groupedStatistics(inputs, f64(statistics, nShuffles * stride), f64(dofs, nShuffles * stride));
    },
    f64GroupedByColumn(
      nShuffles,
      nColumns,
      sharedRank,
      nOwn,
      nGroups,
      contrastRank,
      product,
      ownProduct,
      squares,
      productBytes,
      stride,
      starts,
      directions,
      dropped,
      recovery,
      gram,
      sizes,
      rnn,
      tested,
      signed,
      statistics,
      dofs,
    ) {
      const rank = sharedRank + nOwn;
      const rows = nShuffles * nGroups;
      const groupStarts = i32(starts, nGroups + 1);
      const nAll = groupStarts[nGroups]!;
      const inputs = {
        ...{ nShuffles, nColumns, sharedRank, nOwn, nGroups, contrastRank, stride },
        product: products(productBytes, product, nShuffles * (dropped < 0 ? nAll : nAll - 1) * stride),
        starts: groupStarts,
        directions: f64(directions, sharedRank * nAll),
        dropped,
        recovery: f64(recovery, nAll),
        ownProduct: products(productBytes, ownProduct, rows * nOwn * stride),
        squares: products(productBytes, squares, rows * stride),
        gram: f64(gram, nGroups * rank * rank * stride),
        sizes: f64(sizes, nGroups),
        rnn: f64(rnn, nGroups * stride),
        tested: f64(tested, contrastRank * rank * stride),
        signed: signed === 1,
      };
      groupedByColumn(inputs, f64(statistics, nShuffles * stride), f64(dofs, nShuffles * stride));
    },
  } satisfies Partial<KernelSet>;
}
