// Groups of elements that share a design and one variance: one product serves all hypotheses. The full model's residual is shuffled; what each
// hypothesis adds to it lies in the design's own space, P e_h = P e + P Q' v_h with v_h = A_h'A_h Q y, and Q P Q' comes out of the same product,
// because the columns of Q' stand beside the data in the panel.
import { F64_PANEL, ROW_PANEL, roundUp } from "../kernels/kernel-set.js";
import type { ElementDesign } from "../stats/glm/element-design.js";
import { CONSTANT_COLUMN } from "../stats/glm/element-test.js";
import { createDesignCache } from "./design-cache.js";
import type { ModelJob } from "./job.js";
import type { ElementGroup, ModelBlock, ModelLoader } from "./model-block.js";
import { createModelTiles, tileRows } from "./model-tiles.js";
import type { RunnerContext } from "./runner-context.js";
import { type ShuffledDesign, shuffledDesign } from "./shuffled-design.js";

/** Called once a hypothesis and tile: f64 [count][stride] of t or sqrt(F) (v, sqrt(G)) are in the worker's `statistics`; NaN: none. */
export type StatisticSink = (
  group: ElementGroup,
  found: {
    readonly h: number;
    readonly first: number;
    readonly count: number;
    readonly stride: number;
    /** Degrees of freedom of all; undefined: they are in the worker's `dofs`. */
    readonly dof: number | undefined;
  },
) => void;

export type GroupTester = (block: ModelBlock, group: ElementGroup, lanes: number, sink: StatisticSink) => void;

export function createSharedTester(context: RunnerContext, modelJob: ModelJob, loader: ModelLoader): GroupTester {
  const { job, kernels: k, at, f64 } = context;
  const { worker: w } = job;
  const { regions, size } = modelJob;
  const n = job.size.nSubjects;
  const tiles = createModelTiles(context, modelJob);
  const designOf = createDesignCache(context, modelJob);
  const reduced = new WeakMap<ElementDesign, ShuffledDesign>();
  const shuffledOf = (design: ElementDesign, { keep }: ElementGroup): ShuffledDesign => {
    const known = reduced.get(design) ?? shuffledDesign(design, keep, job.hasSigns);
    reduced.set(design, known);
    return known;
  };

  /** Puts the columns of Q' beside `count` members; returns the columns of the panel. */
  const placeBasis = ({ rank: r, basis }: ShuffledDesign, count: number): number => {
    const width = roundUp(count + r, F64_PANEL);
    const packed = f64(at(w.packed), width * n);
    for (let c = count; c < width; c++) {
      const base = (c - (c % F64_PANEL)) * n + (c % F64_PANEL);
      for (let i = 0; i < n; i++) packed[base + i * F64_PANEL] = c < count + r ? basis[(c - count) * n + i]! : 0;
    }
    return width;
  };

  /** Q y of the members, f64 [r][width], in the product region. */
  const project = ({ rank: r, basis }: ShuffledDesign, width: number): Float64Array => {
    const rows = roundUp(r, ROW_PANEL);
    const panels = f64(at(regions.gathered), rows * n).fill(0);
    for (let j = 0; j < r; j++) {
      const base = (j - (j % ROW_PANEL)) * n + (j % ROW_PANEL);
      for (let i = 0; i < n; i++) panels[base + i * ROW_PANEL] = basis[j * n + i]!;
    }
    k.f64Gemm(rows, n, width, at(regions.gathered), at(w.packed), at(regions.product), width);
    return f64(at(regions.product), r * width);
  };

  /** Residuals of the full model into the panel; v_h and |e_h|^2 of each hypothesis into their regions. */
  const prepare = (design: ElementDesign, shuffled: ShuffledDesign, count: number): number => {
    const { rank: r } = shuffled;
    const own = roundUp(count, F64_PANEL);
    k.f64SumSquares(n, own, at(w.packed), at(w.rawSums));
    const width = roundUp(count + r, F64_PANEL);
    f64(at(regions.basis), design.rank * n).set(design.basis);
    const fitted = Float64Array.from(project(shuffled, own));
    k.f64ProjectOut(n, own, design.rank, at(regions.basis), at(w.packed));
    k.f64SumSquares(n, own, at(w.packed), at(w.sums));
    const raw = f64(at(w.rawSums), own);
    const sums = f64(at(w.sums), own);
    const factors = f64(at(w.factors), own);
    for (let c = 0; c < own; c++) {
      factors[c] = sums[c]! > CONSTANT_COLUMN * raw[c]! ? 1 : 0;
      if (factors[c] === 0) sums[c] = 0;
    }
    k.f64ScaleColumns(n, own, at(w.factors), at(w.packed));
    for (const [h, tested] of shuffled.tested.entries()) {
      const s = size.contrastRanks[h]!;
      const shifts = f64(at(regions.shifts) + h * size.sharedRank * width * 8, r * width).fill(0);
      const totals = f64(at(regions.totals) + h * width * 8, width);
      for (let c = 0; c < count; c++) {
        let added = 0;
        for (let q = 0; q < s; q++) {
          let part = 0;
          for (let j = 0; j < r; j++) part += tested[q * r + j]! * fitted[j * own + c]!;
          added += part * part;
          for (let j = 0; j < r; j++) shifts[j * width + c]! += tested[q * r + j]! * part;
        }
        totals[c] = sums[c]! + added;
        if (totals[c]! > CONSTANT_COLUMN * raw[c]!) continue;
        totals[c] = 0;
        for (let j = 0; j < r; j++) shifts[j * width + c] = 0;
      }
    }
    return placeBasis(shuffled, count);
  };

  return (block, group, lanes, sink) => {
    const design = designOf(group);
    const count = group.members.length;
    const { dof } = design;
    const testable = design.verdict === "testable";
    const shuffled = testable ? shuffledOf(design, group) : { rank: 0, basis: design.basis, tested: [] };
    const { rank: r } = shuffled;
    if (testable) loader.pack(block, group);
    if (testable) tiles.place(group, shuffled.basis, "entries");
    const width = testable ? prepare(design, shuffled, count) : roundUp(count, F64_PANEL);
    if (!testable) f64(at(regions.statistics), job.tileShuffles * width).fill(Number.NaN);
    for (let first = 0; first < lanes; first += job.tileShuffles) {
      const nShuffles = Math.min(job.tileShuffles, lanes - first);
      if (testable) {
        tiles.gather(r, first, nShuffles);
        k.f64Gemm(tileRows(nShuffles, r), n, width, at(regions.gathered), at(w.packed), at(regions.product), width);
      }
      for (const h of size.contrastRanks.keys()) {
        if (testable) {
          const { rank: s, kind } = design.hypotheses[h]!;
          f64(at(regions.tested), s * r).set(shuffled.tested[h]!);
          k.f64PooledStatistics(
            nShuffles,
            count,
            r,
            0,
            s,
            at(regions.product),
            at(regions.ownProduct),
            width,
            count,
            at(regions.shifts) + h * size.sharedRank * width * 8,
            at(regions.tested),
            0,
            at(regions.totals) + h * width * 8,
            dof,
            kind === "t" ? 1 : 0,
            at(regions.statistics),
          );
        }
        sink(group, { h, first, count: nShuffles, stride: width, dof });
      }
    }
  };
}
