// Elements that share their missing observations with no other of their block, two at a time: what a group of elements needs a gathered tile and panels of
// padding for is done lane by lane, from the design on. The same bits as glm/shared-design-tester.ts, so nothing hangs on which elements a block has.
import { ENOUGH_LEFT } from "../../stats/design/column-factors.js";
import { frameOf } from "../../stats/design/design-frame.js";
import { designOfFactors } from "../../stats/glm/element-design.js";
import { CONSTANT_COLUMN } from "../../stats/glm/element-test.js";
import { SSE_ROUNDING } from "../../stats/glm/pooled-variance.js";
import { type ShuffledDirections, shuffledDirections } from "../../stats/glm/shuffled-design.js";
import { testedParts } from "../../stats/glm/tested-parts.js";
import { isMirrored } from "../../stats/inference/families.js";
import type { Context } from "../context.js";
import { MOST_PAIR_COLUMNS, OWN_PATTERN_SHUFFLES } from "../plan/blocks.js";
import type { Batch, ModelJob } from "../plan/job.js";
import { positionBytes } from "../plan/size.js";
import type { Sink, Steps } from "../seams.js";
import type { ElementGroup, ModelBlock } from "./model-block.js";

export interface OwnPatternTester {
  /** Whether the group may go this way: one element, and one row a shuffle. */
  takes(group: ElementGroup): boolean;
  /** One or two such groups, every shuffle of the batch. Returns those whose design needs more than two elements side by side have: nothing of them was tested. */
  test(block: ModelBlock, groups: readonly ElementGroup[], batch: Batch, sink: Sink): Steps<readonly ElementGroup[]>;
}

/** An element whose design is ready, in lane `e`. */
interface Lane {
  readonly e: 0 | 1;
  readonly group: ElementGroup;
  readonly dof: number;
  readonly shuffled: ShuffledDirections;
}

const LANES = [0, 1] as const;
/** Values of a row of the product and of what is made of it: y, and x. */
const WIDTH = 2;
const NO_ROWS = new Float64Array(0);

/** Undefined where the design has too many columns, or products are not float64 panels. */
export function createOwnPatternTester(
  context: Context,
  { model, regions, size }: ModelJob,
): OwnPatternTester | undefined {
  const { job, worker: w, kernels: k, f64, i32 } = context;
  const n = job.size.nSubjects;
  const nColumns = model.design.nColumns;
  const isOneRow = nColumns <= (job.hasSigns ? 1 : MOST_PAIR_COLUMNS);
  const isPlain = size.nGroups === 1 && size.nElementColumns === 0 && model.variable;
  if (!isOneRow || !isPlain || job.precision === "single" || k.rowProduct !== undefined) return undefined;
  const frame = frameOf(model.design);
  if (frame.rank < nColumns) return undefined;
  const isSquared = job.sink.kind === "bins";
  const { shared } = job;
  const { valueBytes } = job.size;
  const missingOf = (e: 0 | 1) => regions.pairMissing + e * n * 4;
  const shiftsOf = (h: number, e: 0 | 1) => regions.shifts + (h * 2 + e) * WIDTH * 8;
  const totalsOf = (h: number, e: 0 | 1) => regions.totals + (h * 2 + e) * WIDTH * 8;
  const basis = f64(regions.basis, nColumns * n);
  const factors = f64(regions.pairFactors, nColumns * (nColumns + 2) * 2);
  const weights = f64(regions.pairWeights, nColumns * 2);
  const fit = f64(regions.pairFit, 6);
  const columns = f64(regions.pairColumns, 4 * n);

  const laneOf = (group: ElementGroup, e: 0 | 1): Lane | undefined => {
    const r = Float64Array.from({ length: nColumns * nColumns }, (_, i) => factors[i * 2 + e]!);
    const shareOf = (j: number) => factors[(nColumns * nColumns + j) * 2 + e]!;
    for (let j = 0; j < nColumns; j++) if (!(shareOf(j) > ENOUGH_LEFT)) return undefined;
    const made = { nRows: 0, count: nColumns, capacity: nColumns, q: NO_ROWS, r };
    const design = designOfFactors(model, group.keep, made, { nObservations: n - group.missing.length });
    if (design.verdict !== "testable") return undefined;
    const sums = Float64Array.from({ length: nColumns }, (_, j) => factors[(nColumns * (nColumns + 1) + j) * 2 + e]!);
    const shuffled = shuffledDirections(design, sums, job.hasSigns);
    return shuffled.rank === 1 ? { e, group, dof: design.dof, shuffled } : undefined;
  };

  const prepare = ({ slots, raw: { stride } }: ModelBlock, groups: readonly ElementGroup[], lanes: readonly Lane[]) => {
    weights.fill(0);
    for (const { e, shuffled } of lanes) {
      for (let l = 0; l < nColumns; l++) weights[l * 2 + e] = shuffled.rows?.[l] ?? 1;
    }
    const sourceOf = ({ members }: ElementGroup) => {
      const slot = slots[members[0]!]!;
      return w.raw + (Math.floor(slot / stride) * n * stride + (slot % stride)) * valueBytes;
    };
    const [first, second = first] = groups.map(sourceOf);
    const sources = [first!, second!, valueBytes, stride] as const;
    k.f64PreparePair(
      ...([n, nColumns, regions.pairBasis, regions.pairWeights, ...sources, ...missingPair(groups)] as const),
      ...([regions.pairColumns, regions.pairRows, regions.pairFit] as const),
    );
    for (const { e, shuffled } of lanes) {
      const [fitted, raw, left] = [fit[e]!, fit[2 + e]!, fit[4 + e]!];
      const isConstant = !(left > CONSTANT_COLUMN * raw);
      if (isConstant) for (let i = e; i < 4 * n; i += 4) columns[i] = 0;
      const parts = { r: 1, fitted: [fitted], sse: [isConstant ? 0 : left], sumSquares: [raw] };
      for (const [h, directions] of shuffled.tested.entries()) {
        const { shifts, totals } = testedParts([directions], parts, WIDTH);
        f64(shiftsOf(h, e), WIDTH).set(shifts);
        f64(totalsOf(h, e), WIDTH).set(totals);
      }
    }
  };

  const missingPair = ([first, second = first]: readonly ElementGroup[]) =>
    [first!.missing.length, missingOf(0), second!.missing.length, missingOf(1)] as const;

  return {
    takes: ({ members }) => members.length === 1,
    *test(block, groups, batch, sink) {
      for (const e of LANES) {
        const { missing } = groups[e] ?? groups[0]!;
        i32(missingOf(e), missing.length).set(missing);
      }
      basis.set(frame.basis);
      const designs = [regions.basis, ...missingPair(groups), regions.pairBasis, regions.pairFactors] as const;
      k.f64FactorisePair(n, nColumns, ...designs);
      const made = groups.map((group, e) => laneOf(group, e === 0 ? 0 : 1));
      const lanes = made.filter((lane) => lane !== undefined);
      const others = groups.filter((_, e) => made[e] === undefined);
      if (lanes.length === 0) return others;
      prepare(block, groups, lanes);
      yield;
      for (let first = 0; first < batch.lanes; first += OWN_PATTERN_SHUFFLES) {
        const count = Math.min(OWN_PATTERN_SHUFFLES, batch.lanes - first);
        const signs = job.hasSigns ? shared.signs + first * n : 0;
        const bytes = positionBytes(job.size);
        const positions = [shared.positions + first * n * bytes, bytes] as const;
        const operands = [regions.pairRows, regions.pairColumns, regions.product, regions.pairRuns] as const;
        k.f64MaskedPair(n, count, signs, ...missingPair(groups), ...positions, ...operands, regions.spread);
        for (const { e, group, dof, shuffled } of lanes) {
          const product = regions.product + e * count * WIDTH * 8;
          for (const [h, { rank: s, kind }] of model.hypotheses.entries()) {
            if (isMirrored(model.hypotheses, h)) continue;
            f64(regions.tested, s).set(shuffled.tested[h]!);
            k.f64PooledStatistics(
              ...([count, 1, 1, 0, s, product, regions.ownProduct, 8, WIDTH, 1, shiftsOf(h, e)] as const),
              ...([regions.tested, 0, totalsOf(h, e), dof, kind === "t" ? 1 : 0] as const),
              ...([SSE_ROUNDING, isSquared ? 1 : 0, regions.statistics] as const),
            );
            const place = { firstElement: block.place.firstElement, members: group.members, first, count };
            const tile = { ...place, stride: WIDTH, isSquared, dof };
            sink.statistics({ ...tile, h }, batch);
            if (!isMirrored(model.hypotheses, h + 1)) continue;
            const statistics = f64(regions.statistics, count * WIDTH);
            for (let i = 0; i < statistics.length; i++) statistics[i] = -statistics[i]!;
            sink.statistics({ ...tile, h: h + 1 }, batch);
          }
        }
        yield;
      }
      return others;
    },
  };
}
