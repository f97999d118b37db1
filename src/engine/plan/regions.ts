// What lies in memory: one table of the shared regions, one of a thread's own. kernels/memory-regions.ts makes offsets of them.
// Lifetimes: "run"; "observe" (the observed pass) and "shuffles" (every batch) of what is shared; "blocks" (observed pass and statistics) and "pieces"
// (enhancement) and "search" (maxima by bounds) of what a thread has for itself.
import { type PanelSizes, roundUp } from "../../kernels/kernel-set.js";
import { type Offsets, regionsOf } from "../../kernels/memory-regions.js";
import { observedIndex } from "../../run/observed.js";
import { MAX_CELLS } from "../../stats/glm/bin-table.js";
import { hasPairs, OWN_PATTERN_SHUFFLES, panelColumns, tileColumns, tileRows } from "./blocks.js";
import { type MemoryShape, multipliesSingle, type PlanInputs } from "./inputs.js";
import { mostPieces } from "./pattern-lists.js";
import { screenTable } from "./screen-regions.js";
import { isNear } from "./screening.js";
import { CANDIDATES, SLAB_LANES } from "./search-shape.js";
import { holdsLabels, positionBytes, productRows } from "./size.js";

export type SharedRegions = Offsets<ReturnType<typeof sharedTable>>;
export type WorkerRegions = Offsets<ReturnType<typeof workerTable>>;

const run = regionsOf("run");
const observe = regionsOf("observe");
const shuffles = regionsOf("shuffles");
const blocks = regionsOf("blocks");
const pieces = regionsOf("pieces");
const search = regionsOf("search");

/** Words of the tables of boundRows: 2 x 256 + 32 + 1, padded. */
const BOUND_TABLES = 548;
/** Words of a record of the sketch (src/connectivity/FORMAT.md). */
const RECORD_WORDS = 10;

/** Lanes whose enhanced maps are held together while they are summed. */
export const MAP_LANES = 16;
/** Numbers of degrees of freedom that get a table of thresholds at most, and their share of the budget: others do without one (engine/z-tables.ts). */
const MOST_Z_TABLES = 64;
const Z_TABLE_SHARE = 1 / 16;

/** Numbers of degrees of freedom that may have a table, where statistics become bins: one, or as many as elements share with others and the budget allows. */
export function countZTables({ size, sink, budgetBytes }: PlanInputs): number {
  const { nSubjects, nElements, hypotheses, model } = size;
  if (sink.kind !== "bins") return 0;
  if (model === undefined) return 1;
  if (model.nGroups > 1) return 0;
  const bytes = hypotheses.length * (sink.nBinsWide * 8 + MAX_CELLS * 2);
  return Math.min(MOST_Z_TABLES, nSubjects, nElements, Math.floor((budgetBytes * Z_TABLE_SHARE) / bytes));
}

export function sharedTable(inputs: PlanInputs, shape: MemoryShape) {
  const { size, sink, panels, graph } = inputs;
  const { nSubjects: n, nElements: m, rank, hypotheses, model } = size;
  const { batchShuffles: batch, tileShuffles: tile, labelShuffles, nZTables } = shape;
  const nMoments = hypotheses.reduce((sum, h) => sum + h.nCorrections, 0);
  const bins = sink.kind === "bins";
  const value = sink.kind === "scores" ? ("f64" as const) : ("f32" as const);
  const elements = [m, "elements"] as const;
  const subjects = [n, "subjects"] as const;
  const product = multipliesSingle(inputs) ? ("f32" as const) : ("f64" as const);
  return {
    /** i32 words: see CONTROL. */
    control: run.i32(64),
    basis: run.f64([rank, "rows"], subjects),
    /** The same as panels, for the observed pass under one design. */
    basisPanels: run.f64([model === undefined ? roundUp(rank, panels.rows) : 0, "rows"], subjects),
    sharedNuisance: run.f64([size.sharedRank, "rows"], subjects),
    moments: run.f64([roundUp(nMoments, panels.rows), "rows"], subjects),
    pinv: run.f64([roundUp(size.nFactors, panels.rows), "factors"], subjects),
    /** u32 [m]: store column of each element. */
    columns: run.u32(elements),
    /** First column, columns, first element, elements of each block; of those of a pattern as of PatternLists. */
    blocks: run.u32([shape.maxBlocks, "blocks"], 4),
    /** Of the observations that each element lacks: a number, as long as the observed pass lasts; then its place in its block. */
    places: run.u32([shape.patternWidth === undefined ? 0 : m, "elements"]),
    /** First element, elements of the pieces of those blocks. */
    pieces: run.u32([shape.patternWidth === undefined ? 0 : mostPieces(m), "pieces"], 2),
    /** First element, elements, first connection (low, high word) of each window of the connectivity. */
    windows: run.u32([shape.maxWindows, "windows"], 4),
    heightPowers: run.f32([bins && graph === undefined ? sink.nBinsWide : 0, "heights"]),
    /** Where each element is, and powers that sums over heights are made of (engine/enhance/graph.ts). */
    graph: graph && {
      ...("nNodes" in graph
        ? { ends: run.u32([m, "edges"]), cells: undefined }
        : { ends: undefined, cells: run.u32(elements) }),
      extentPowers: run.f64([m + 1, "extents"]),
      heightSums: run.f64([bins ? sink.nBinsWide + 1 : 0, "heights"]),
    },
    /** Elements that may be a maximum; undefined: all. */
    eligible: inputs.eligibleMask ? run.u8(elements) : undefined,
    /** Degrees of freedom, of models with pooled variance whose scores become Z at the end. */
    elementDofs: run.f64([bins || model === undefined ? 0 : m, "elements"]),
    /** Tables of thresholds, [nZTables][H][..] (engine/z-tables.ts). */
    zThresholds: run.f64([nZTables, "tables"], hypotheses.length, [bins ? sink.nBinsWide : 0, "thresholds"]),
    zCells: run.u16([nZTables, "tables"], hypotheses.length, [MAX_CELLS, "cells"]),
    /** Images of the observed pass (run/observed.ts): written to files before the first batch begins. */
    observed: observe[graph !== undefined && "nNodes" in graph ? "f64" : value](
      [observedIndex(size).count, "images"],
      elements,
    ),
    labels: shuffles.i32([holdsLabels(size) ? labelShuffles : 0, "shuffles"], subjects),
    signs: shuffles.i8([inputs.hasSigns || holdsLabels(size) ? labelShuffles : 0, "shuffles"], subjects),
    /** The row that takes each source, the inverse of the labels. */
    positions: shuffles[positionBytes(size) === 2 ? "u16" : "i32"](
      [model === undefined ? 0 : labelShuffles, "shuffles"],
      subjects,
    ),
    /** Other models gather for each group of elements, into their own memory. */
    gathered: shuffles[product](
      [model === undefined ? Math.ceil(batch / tile) : 0, "tiles"],
      [tileRows(tile, rank, panels), "rows"],
      subjects,
    ),
    search: shape.search && {
      /** Element of each row of the sketch. */
      order: run.u32(elements),
      /** First row, rows, first group (low, high word) of each window of the sketch; of each row that is looked at first. */
      windows: run.u32([shape.search.maxWindows, "windows"], 4),
      seeds: run.u32([shape.search.maxSeeds, "rows"], 4),
      levelTable: run.u8(256),
      /** As of boundRows (kernels/CONTRACTS.md). */
      boundTables: run.f32(BOUND_TABLES),
      /** Of one hypothesis at a time; the last line belongs to no element. */
      levels: shuffles.u8([m + 1, "elements"], [shape.search.slabs * SLAB_LANES, "shuffles"]),
    },
    /** Enhanced maps of MAP_LANES lanes, [lane][H][m], whose powers are summed in the order of the lanes. */
    empiricalMaps: shuffles.f32(
      graph !== undefined && inputs.nEmpirical !== undefined ? MAP_LANES * hypotheses.length : 0,
      elements,
    ),
    hypotheses: hypotheses.map((h) => ({
      contrastBasis: run.f64([rank, "rows"], h.contrastRank),
      /** (Enhanced) statistic of the unshuffled data. */
      defaults: run[value](elements),
      /** Shuffles with a smaller one. */
      counters: run.u32(elements),
      /** The same after the last whole batch: what a run that is stopped in the middle of one has counted. */
      settled: run.u32(elements),
      /** Sums of powers, then the empirical statistic (engine/enhance/empirical.ts). */
      empirical: run.f64(inputs.nEmpirical === undefined ? 0 : 1, elements),
      corrections: shuffles.f64([batch, "shuffles"], rank, h.nCorrections),
      // 32 bytes an element at least, so that one group of lanes fits with 2-byte bins too
      z: shuffles.f32([sink.kind === "z" ? batch : 0, "shuffles"], elements),
      bins: shuffles.u8(elements, [bins ? Math.max(batch, 2 * panels.lanes) : 0, "shuffles"]),
    })),
  };
}

export function workerTable(inputs: PlanInputs, shape: MemoryShape) {
  const { size, sink, panels, screened, graph } = inputs;
  const { nSubjects: n, hypotheses, model } = size;
  const { batchShuffles: batch, tileShuffles: tile, laneShuffles, windowConnections, windowRows } = shape;
  const width = panelColumns(model, shape.groupWidth, panels);
  const columns = [width, "columns"] as const;
  const padded = [tileColumns(width, panels), "columns"] as const;
  const subjects = [n, "subjects"] as const;
  const single = multipliesSingle(inputs) ? 1 : 0;
  const fixedSingle = model === undefined ? single : 0;
  const isNative = panels.tile !== undefined;
  const needsPanels = !isNative || (model?.nElementColumns ?? 0) > 0;
  const nMoments = hypotheses.reduce((sum, h) => sum + h.nCorrections, 0);
  const rows = tileRows(tile, size.rank, panels);
  const exactRows = isNear(inputs) && model === undefined ? roundUp(laneShuffles * size.rank, panels.rows) : 0;
  // the observed pass: coefficients, and behind them the coordinates in the basis
  const coordinateRows = model === undefined ? roundUp(size.rank, panels.rows) : 0;
  const observedRows = roundUp(size.nFactors, panels.rows) + coordinateRows;
  const bins = sink.kind === "bins";
  const cfe = bins && graph === undefined;
  const m = size.nElements;
  return {
    /** [H][batch], and the element beside it: live until the main thread has read them. */
    maxima: run[sink.kind === "scores" ? "f64" : "f32"](hypotheses.length, [batch, "shuffles"]),
    maximaElements: run.u32(hypotheses.length, [batch, "shuffles"]),
    raw: blocks[size.valueBytes === 4 ? "f32" : "f64"](subjects, [shape.blockWidth, "elements"]),
    columnIndices: blocks.u32(columns),
    nonFinite: blocks.u8(columns),
    packed: blocks.f64(subjects, columns),
    packed32: blocks.f32(needsPanels ? single : 0, subjects, columns),
    /** Gathered rows of a tile that is computed exactly after all (sinks/screened-scores.ts). */
    exactRows: blocks.f64([exactRows, "rows"], subjects),
    /** Residuals in rows, [n][padded], where a library multiplies them. */
    operand: blocks[single === 1 ? "f32" : "f64"](isNative && model === undefined ? 1 : 0, subjects, padded),
    rawSums: blocks.f64(columns),
    sums: blocks.f64(columns),
    factors: blocks.f64(columns),
    moments: blocks.f64([Math.max(roundUp(nMoments, panels.rows), 1), "rows"], columns),
    hypothesisSums: blocks.f64(columns),
    product: blocks.f64(
      [Math.max(fixedSingle === 1 || model !== undefined ? exactRows : rows, observedRows), "rows"],
      padded,
    ),
    product32: blocks.f32(fixedSingle, [rows, "rows"], padded),
    scores: blocks.f64(sink.kind === "bins" ? 0 : laneShuffles, [shape.groupWidth, "elements"]),
    screen: screened ? screenTable(inputs, shape, width) : undefined,
    model: model && modelTable(inputs, shape, width, panels),
    connections: pieces.u32([windowConnections, "connections"], 2),
    rowStarts: pieces.u32([cfe ? windowRows + 1 : 0, "rows"]),
    norms: pieces.f32([windowRows, "rows"]),
    enhanced: pieces.f32([windowRows, "rows"], panels.lanes),
    search: shape.search && {
      records: search.u32([windowRows, "rows"], RECORD_WORDS),
      rows: search.u32([windowRows, "rows"], 8),
      indices: search.u32([shape.search.windowGroups, "groups"], 8),
      weights: search.u16([shape.search.windowGroups, "groups"]),
      /** Of one row that is enhanced. */
      connections: search.u32([inputs.maxRowConnections, "connections"], 2),
      needs: search.f32(SLAB_LANES),
      candidates: search.u32(CANDIDATES, 3),
      counts: search.u32(2),
      scratch: search.u8(640),
      histogram: search.f64(256),
    },
    // reference: f64 [nBinsWide]; simd: f32 [16][nBinsWide]
    histogram: pieces.f32(panels.lanes, [cfe ? Math.max(sink.nBinsWide, 256) : 0, "heights"]),
    graph: graph && {
      /** What this thread counted since the main thread last added it to all. */
      counted: run.u32(hypotheses.length, [m, "elements"]),
      map: pieces.f32([m, "elements"]),
      scratch: pieces.f64(Math.ceil(graphScratchBytes(inputs) / 8)),
    },
  };
}

/** Of f32EnhanceGrid or f32EnhanceNetwork, or of the exact ones. */
function graphScratchBytes({ size, sink, graph }: PlanInputs): number {
  const m = size.nElements;
  if (graph === undefined) return 0;
  if (sink.kind !== "bins")
    return ("nNodes" in graph ? 32 * m + 8 * graph.nNodes : 36 * (m + 2) + 5 * graph.nCells) + 24_640;
  const heights = 4 * (sink.nBinsWide + 2);
  return ("nNodes" in graph ? 22 * m + 8 * graph.nNodes : 28 * (m + 2) + 5 * graph.nCells) + heights;
}

/** Words of 32 observations. */
export const missingWords = (n: number): number => Math.ceil(n / 32);

/** What models need whose design varies between elements or whose variance is grouped. */
function modelTable(inputs: PlanInputs, shape: MemoryShape, width: number, panels: PanelSizes) {
  const { size, precision, screened } = inputs;
  const { nSubjects: n, hypotheses } = size;
  const { sharedRank: r, nElementColumns: c, nGroups, contrastRanks, columnBytes, variable } = size.model!;
  const { tileShuffles: tile, laneShuffles: lanes } = shape;
  const grouped = nGroups > 1 ? 1 : 0;
  const native = panels.tile === undefined ? 0 : 1;
  const single = multipliesSingle(inputs) ? 1 : 0;
  const value = single === 1 ? ("f32" as const) : ("f64" as const);
  // what blocks are prepared with is float64
  const gatheredRows = Math.max(
    tileRows(tile, productRows(size), panels),
    (1 + single) * roundUp(c > 0 ? productRows(size) : r, panels.rows),
  );
  // squares of elements that bring columns come with those (kernels/CONTRACTS.md, f64LaneSquares)
  const indicated = c > 0 ? 0 : grouped;
  const squareRows = indicated * tileRows(tile, nGroups, panels);
  const mostRows = Math.max(...contrastRanks);
  const own = c > 0 ? lanes : 0;
  const pair = hasPairs(size.model, precision, native === 1) ? 1 : 0;
  const few = pair * OWN_PATTERN_SHUFFLES;
  const sorted = variable && c === 0 ? shape.blockWidth : 0;
  return {
    /** One an element-wise column: [n][nColumns] as stored. */
    rawColumns: columnBytes.map((bytes) => blocks[bytes === 4 ? "f32" : "f64"](n, shape.blockWidth)),
    /** Panels of each element-wise column, [c][W/4][n][4]; behind them the same, the rows of each variance group for themselves. */
    own: blocks.f64((1 + grouped) * c, n, width),
    /** What is multiplied of them, in panels of float32. */
    own32: blocks.f32(single * c, n, width),
    /** Members of a group of elements within the block. */
    members: blocks.u32(width),
    /** Q, or the directions of it that are projected out. */
    basis: blocks.f64(r, n),
    /** Bits of the observations that each column of the block lacks. */
    lacking: blocks.u32(variable ? shape.blockWidth : 0, missingWords(n)),
    /** Slots of a block's raw values in the order of its groups; scratch of sortColumns. */
    order: blocks.u32(sorted),
    sortScratch: blocks.f64(sorted),
    /** Observations that a group of elements lacks; scratch of f64GatherMasked. */
    missing: blocks.i32(n),
    spreadRows: blocks.f64((n + 16) * (2 + Math.max(productRows(size), nGroups))),
    /** f64 [n][G * r]: Q_g of each variance group, the remaining observations only, interleaved; f64 [n][G]: indicators of the groups. */
    entries: blocks.f64(n, productRows(size)),
    indicators: blocks.f64(indicated * n, nGroups),
    /** The shuffle of the observations that are left, for element-wise columns. */
    labels: blocks.i32(own, n),
    signs: blocks.i8(own, n),
    /** The same, the rows of one variance group after those of the other (glm/group-shuffle.ts). */
    groupLabels: blocks.i32(grouped * own, n),
    groupSigns: blocks.i8(grouped * own, n),
    gathered: blocks[value](gatheredRows, n),
    /** Two elements with patterns of their own (own-pattern-tester.ts): what each lacks, Q of both, what f64FactorisePair and f64PreparePair say, columns and rows. */
    pairMissing: blocks.i32(2 * pair, n),
    pairBasis: blocks.f64(2 * pair * r, n),
    pairFactors: blocks.f64(2 * pair * r, r + 2),
    pairWeights: blocks.f64(2 * pair * r),
    pairFit: blocks.f64(6 * pair),
    pairColumns: blocks.f64(4 * pair, n),
    pairRows: blocks.f64(2 * pair, n + 4),
    /** Scratch of f64MaskedPair: missing positions of both, and a row of both by target, of four shuffles. */
    pairRuns: blocks.u8(pair * ((n + 1) * 8 + roundUp(n, 64) / 8)),
    spread: blocks.f64(4 * pair, 2 * n + 8),
    gatheredIndicators: blocks[value](squareRows, n),
    squares: blocks.f64(indicated * n, width),
    squares32: blocks.f32((1 - native) * single * indicated * n, width),
    /** Residuals and squares in rows, where a library multiplies them. */
    operand: blocks[value](native * n, width),
    squareOperand: blocks[value](native * indicated * n, width),
    squareProduct: blocks[value](Math.max(squareRows, grouped * own * nGroups), width),
    product: blocks[value](Math.max(gatheredRows * width, 4 * (1 + single) * few)),
    ownProduct: blocks[value](Math.max(lanes * nGroups * c, 1), width),
    shifts: blocks.f64(hypotheses.length, r, width),
    totals: blocks.f64(hypotheses.length, width),
    tested: blocks.f64(mostRows, r + c, width),
    /** What f64GroupedStatistics needs of the design of a group of elements: K, n_g, rnn, T (element-design.ts), and of the rows (group-rows.ts; rho <= G r). */
    gram: blocks.f64(grouped * nGroups, r, r),
    sizes: blocks.f64(grouped * nGroups),
    /** Of f64GroupedByColumn: K and rnn of each element. */
    gramColumns: blocks.f64(c > 0 ? grouped * nGroups : 0, (r + c) * (r + c), width),
    rnnColumns: blocks.f64(c > 0 ? grouped * nGroups : 0, width),
    rnn: blocks.f64(grouped * nGroups),
    toEffect: blocks.f64(grouped * mostRows, r),
    starts: blocks.i32(grouped * (nGroups + 1)),
    directions: blocks.f64(grouped * r, nGroups * r),
    recovery: blocks.f64(grouped * nGroups * r),
    /** Of f64GroupedStatistics and f64GroupedByColumn: pairs. */
    scratch: blocks.f64(
      grouped * 2,
      (r + c) * (1 + r + c + mostRows + nGroups) + nGroups * (1 + r) + mostRows * mostRows + mostRows,
    ),
    statistics: blocks.f64(Math.max((screened ? tile : lanes) * width, 2 * few)),
    /** The largest of each shuffle in a group of elements, and whose it is. */
    largest: blocks.f64(Math.max(lanes, OWN_PATTERN_SHUFFLES)),
    winners: blocks.u32(Math.max(lanes, OWN_PATTERN_SHUFFLES)),
    dofs: blocks.f64(grouped * lanes, width),
  };
}
