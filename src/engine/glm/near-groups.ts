// A group of elements with the same observations, whose statistics are known nearly: float32 products of columns of unit length, limits of the members, and exact
// scores of single shuffles of single members, to the bits that float64 products give for all. mathematics M20.
import { SSE_ROUNDING } from "../../stats/glm/pooled-variance.js";
import { roundScore } from "../../stats/glm/scores.js";
import {
  createProductScreen,
  createScreen,
  type Margin,
  mostOf,
  setProductLimits,
  setScoreLimits,
  unitFactor,
} from "../../stats/glm/screening.js";
import type { Context } from "../context.js";
import type { ModelJob } from "../plan/job.js";
import { EXACT_ENTRIES } from "../plan/screen-regions.js";
import type { NearGroup } from "../seams.js";
import type { ModelTiles } from "./model-tiles.js";

/** What a group was prepared with: `shared-design-tester.ts`. */
export interface PreparedGroup {
  readonly nMembers: number;
  readonly width: number;
  /** r of the product. */
  readonly rank: number;
  readonly dof: number;
  /** Of products of columns of unit length: what they may be away from the exact ones. */
  readonly error: number;
  /** A of each hypothesis, f64 [s][r]. */
  readonly tested: readonly Float64Array[];
  readonly kinds: readonly ("t" | "F")[];
  /** Scores of members without a statistic, by hypothesis. */
  readonly none: readonly number[];
  /** Pointers to f64 [r][width], f64 [width] of hypothesis h. */
  shiftsOf(h: number): number;
  totalsOf(h: number): number;
}

/** Float32 sums of a product and of what is added to it, of sizes below 1. */
const SHIFT_ROUNDING = 4 * 2 ** -24;

export interface NearGroups {
  /** Before the first product of a group: what makes its columns units. */
  prepare(group: PreparedGroup): NearGroup;
  /** Pointer to the near product of the tile whose first shuffle is `first`. */
  multiply(product: number): void;
}

export function createNearGroups(context: Context, { regions }: ModelJob, tiles: ModelTiles): NearGroups {
  const { job, worker: w, kernels: k, f64, f32, u32 } = context;
  const { tileShuffles } = job.layout;
  const screen = w.screen!;
  let product = 0;

  const prepare = (group: PreparedGroup): NearGroup => {
    const { nMembers, width, rank: r, dof, error, tested, kinds, none } = group;
    const units = f64(screen.units, width);
    const totalsOf = tested.map((_, h) => f64(group.totalsOf(h), width));
    for (let c = 0; c < width; c++) {
      // columns of Q' beside the members have unit length
      units[c] = c < nMembers ? 0 : c < nMembers + r ? 1 : 0;
      let largest = 0;
      for (const totals of totalsOf) largest = Math.max(largest, totals[c]!);
      if (c < nMembers) units[c] = unitFactor(largest);
    }
    const entries = u32(screen.open, tileShuffles * width);
    const stride = EXACT_ENTRIES + 4;
    const products = f64(screen.product, (r + r * r) * stride);
    const [sums, found] = [f64(screen.sums, stride), f64(screen.scores, stride)];
    const at = (pointer: number, h: number) => pointer + h * width * 8;
    const shiftsAt = (h: number) => screen.shifts + h * r * width * 8;
    const isConstant = (h: number, c: number) => totalsOf[h]![c] === 0;
    // one row and one direction of it: the product says what its score is
    const isRow = r === 1;

    const margins: Margin[] = tested.map(() => ({ a: 0, b: 0 }));
    const screens = tested.map((directions, h) => {
      const s = directions.length / r;
      // A is [s][r] here, [r][s] there
      const contrastBasis = Float64Array.from(
        { length: r * s },
        (_, i) => directions[(i % s) * r + Math.floor(i / s)]!,
      );
      const weight = Math.abs(directions[0]!);
      return {
        scores: createScreen({ error, rank: r, contrastRank: s, dof, contrastBasis }),
        products: createProductScreen({ error, dof, weight }),
        isSigned: kinds[h] === "t",
        direction: kinds[h] === "t" ? Math.sign(directions[0]!) : 0,
      };
    });
    /** First shuffle of the exact product that is there. */
    let exactFirst = -1;
    /** Of members whose observed share of the hypothesis is s at most: |y| + s, where |y|^2 + s^2 = 1. */
    const rowMarginOf = (h: number, s = Math.SQRT1_2) =>
      screens[h]!.products.margin * (s < Math.SQRT1_2 ? Math.sqrt(1 - s * s) + s : Math.SQRT2) + SHIFT_ROUNDING;

    for (const h of tested.keys()) {
      const exact = f64(group.shiftsOf(h), r * width);
      if (isRow) {
        const shifts = f32(shiftsAt(h), width);
        for (let c = 0; c < width; c++) shifts[c] = exact[c]! * units[c]!;
        continue;
      }
      const shifts = f64(shiftsAt(h), r * width);
      for (let i = 0; i < shifts.length; i++) shifts[i] = exact[i]! * units[i % width]!;
      const totals = f64(at(screen.totals, h), width);
      for (let c = 0; c < width; c++) totals[c] = totalsOf[h]![c]! * units[c]! * units[c]!;
    }

    const setLimitsOfRows = (h: number, observed: ArrayLike<number>) => {
      const [lowest, highest] = [f32(at(screen.lowest, h), nMembers), f32(at(screen.highest, h), nMembers)];
      const shifts = f32(shiftsAt(h), nMembers);
      const { productOf } = screens[h]!.products;
      const marginOf = (c: number) => rowMarginOf(h, Math.abs(shifts[c]!));
      setProductLimits({ lowest, highest }, observed, (c) => isConstant(h, c), { productOf, marginOf, units });
    };

    const setLimitsOfScores = (h: number, observed: ArrayLike<number>) => {
      const [lowest, highest] = [f64(at(screen.lowest, h), nMembers), f64(at(screen.highest, h), nMembers)];
      const totals = f64(at(screen.totals, h), nMembers);
      const shifts = f64(shiftsAt(h), r * width);
      margins[h] = setScoreLimits(
        { lowest, highest },
        observed,
        (c) => isConstant(h, c),
        (c) => {
          let parts = 1;
          for (let l = 0; l < r; l++) parts += Math.abs(shifts[l * width + c]!);
          return screens[h]!.scores.marginOf(totals[c]!, parts);
        },
      );
    };

    const screenRows = (h: number, count: number) => {
      const { direction, products } = screens[h]!;
      const limits = [at(screen.lowest, h), at(screen.highest, h)] as const;
      const shifts = [shiftsAt(h), nMembers] as const;
      const out = [screen.counters + h * width * 4, screen.largest, screen.open] as const;
      const tile = [count, nMembers, product, width, ...shifts, direction, rowMarginOf(h)] as const;
      return k.f32ScreenProducts(...tile, products.top, ...limits, ...out);
    };

    const screenScores = (h: number, count: number) => {
      const { isSigned, scores } = screens[h]!;
      const s = tested[h]!.length / r;
      f64(regions.tested, s * r).set(tested[h]!);
      const sizes = [count, nMembers, r, 0, s, product, regions.ownProduct, 4, width] as const;
      const directions = [
        nMembers,
        shiftsAt(h),
        regions.tested,
        0,
        at(screen.totals, h),
        dof,
        isSigned ? 1 : 0,
      ] as const;
      k.f64PooledStatistics(...sizes, ...directions, scores.least, 0, regions.statistics);
      const { a, b } = margins[h]!;
      const near = isSigned ? Number.NEGATIVE_INFINITY : a / (1 - b);
      const limits = [near, at(screen.lowest, h), at(screen.highest, h)] as const;
      const out = [screen.counters + h * width * 4, screen.largest, screen.open] as const;
      return k.f64ScreenScores(count, nMembers, regions.statistics, width, ...limits, ...out);
    };

    const collectLargestRow = (h: number, b: number): number => {
      const { direction, products } = screens[h]!;
      const row = [b, nMembers, product, width, shiftsAt(h), nMembers, direction, products.top] as const;
      const none = Number.NEGATIVE_INFINITY;
      return k.f32LargestProducts(...row, at(screen.highest, h), rowMarginOf(h), none, screen.open);
    };

    const collectLargestScores = (h: number, b: number): number => {
      const margin = margins[h]!;
      const row = f64(regions.statistics + b * width * 8, nMembers);
      const highest = f64(at(screen.highest, h), nMembers);
      // what has no limit is told already; comparisons with what is no number are false
      const isKnown = (c: number) => highest[c]! < Number.POSITIVE_INFINITY && row[c]! > Number.NEGATIVE_INFINITY;
      let top = Number.NEGATIVE_INFINITY;
      for (let c = 0; c < nMembers; c++) if (isKnown(c) && row[c]! > top) top = row[c]!;
      const least = top - margin.a - margin.b * Math.abs(top);
      let count = 0;
      for (let c = 0; c < nMembers; c++) {
        if (isKnown(c) && mostOf(row[c]!, margin) >= least) entries[count++] = b * 65536 + c;
      }
      return count;
    };

    return {
      constantMember: (h) => totalsOf[h]!.subarray(0, nMembers).indexOf(0),
      setLimits(h, observed) {
        u32(screen.counters + h * width * 4, nMembers).fill(0);
        (isRow ? setLimitsOfRows : setLimitsOfScores)(h, observed);
      },
      screen: (h, count) => (isRow ? screenRows : screenScores)(h, count),
      surelyBelow: (h) => u32(screen.counters + h * width * 4, nMembers),
      mostScores(h) {
        if (!isRow) {
          const largest = f64(screen.largest, tileShuffles);
          return (b) => mostOf(largest[b]!, margins[h]!);
        }
        const largest = f32(screen.largest, tileShuffles);
        const margin = rowMarginOf(h);
        return (b) => screens[h]!.products.scoreOf(largest[b]! + margin);
      },
      collectLargest: (h, b) => (isRow ? collectLargestRow : collectLargestScores)(h, b),
      entries,
      isExact: tested.map(() => false),
      computeExactly(h, firstShuffle, count) {
        const s = tested[h]!.length / r;
        if (firstShuffle !== exactFirst) tiles.multiplyExactly(r, firstShuffle, count, width);
        exactFirst = firstShuffle;
        f64(regions.tested, s * r).set(tested[h]!);
        const sizes = [count, nMembers, r, 0, s, screen.exactProduct, regions.ownProduct, 8, width] as const;
        const shifts = [nMembers, group.shiftsOf(h), regions.tested, 0, group.totalsOf(h)] as const;
        const kind = [dof, screens[h]!.isSigned ? 1 : 0, SSE_ROUNDING, 0] as const;
        k.f64PooledStatistics(...sizes, ...shifts, ...kind, regions.statistics);
      },
      tellExactly(h, firstShuffle, count, take) {
        const s = tested[h]!.length / r;
        f64(regions.tested, s * r).set(tested[h]!);
        const kind = [dof, screens[h]!.isSigned ? 1 : 0, SSE_ROUNDING, 0] as const;
        const shifts = f64(group.shiftsOf(h), r * width);
        const totals = totalsOf[h]!;
        for (let done = 0; done < count; done += EXACT_ENTRIES) {
          const some = Math.min(EXACT_ENTRIES, count - done);
          const open = { open: screen.open + done * 4, count: some };
          tiles.multiplyEntries(r, firstShuffle, open, nMembers, stride);
          // what the rows of Q' add, in the order of f64PooledStatistics
          for (let i = 0; i < some; i++) {
            const c = entries[done + i]! & 0xffff;
            for (let j = 0; j < r; j++) {
              let d = products[j * stride + i]!;
              for (let l = 0; l < r; l++) d += products[(r + j * r + l) * stride + i]! * shifts[l * width + c]!;
              products[j * stride + i] = d;
            }
            sums[i] = totals[c]!;
          }
          const sizes = [1, some, r, 0, s, screen.product, regions.ownProduct, 8, stride] as const;
          const tests = [-1, 0, regions.tested, 0, screen.sums] as const;
          k.f64PooledStatistics(...sizes, ...tests, ...kind, screen.scores);
          for (let i = 0; i < some; i++) {
            const entry = entries[done + i]!;
            const score = roundScore(found[i]!);
            take(entry >>> 16, entry & 0xffff, score === 0 || !Number.isFinite(score) ? none[h]! : score);
          }
        }
      },
    };
  };

  return {
    prepare,
    multiply(pointer) {
      product = pointer;
    },
  };
}
