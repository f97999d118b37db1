// A contrast of one row, and nothing that is corrected: the product itself says what its score is, so that limits are those of products, and no score is made of those
// that they decide. mathematics M20.
import { createProductScreen, setProductLimits } from "../../stats/glm/screening.js";
import type { Context } from "../context.js";
import { productError } from "../plan/screening.js";
import type { NearStatistics } from "./near-scores.js";

export const isOneRow = ({ job: { size } }: Context, h: number): boolean =>
  size.rank === 1 && size.hypotheses[h]!.contrastRank === 1 && size.hypotheses[h]!.nCorrections === 0;

export function createNearProducts(context: Context, h: number): NearStatistics {
  const { job, worker: w, kernels: k, f64, f32 } = context;
  const { size, shared, layout } = job;
  const { dof } = size;
  const regions = w.screen!;
  const { contrastBasis, defaults, counters } = shared.hypotheses[h]!;
  const isSigned = size.hypotheses[h]!.signed === 1;
  const weight = f64(contrastBasis, 1)[0]!;
  const error = productError(job, k.rowProduct !== undefined, f64(shared.basis, size.rank * size.nSubjects));
  const screen = createProductScreen({ error, dof, weight: Math.abs(weight) });
  const { margin, top } = screen;
  const direction = isSigned ? Math.sign(weight) : 0;
  const observed = f64(defaults, size.nElements);
  const largest = f32(regions.largest, layout.laneShuffles);
  const ofHypothesis = (pointer: number, width: number) => pointer + h * width * 8;
  const units = f64(regions.units, layout.blockWidth);
  /** Of the block: columns whose products say something. */
  let nKnown = 0;

  return {
    setLimits({ firstElement, nElements, width }, isConstant) {
      const lowest = f32(ofHypothesis(regions.lowest, width), nElements);
      const highest = f32(ofHypothesis(regions.highest, width), nElements);
      const ofBlock = observed.subarray(firstElement, firstElement + nElements);
      nKnown = setProductLimits({ lowest, highest }, ofBlock, isConstant, { ...screen, marginOf: () => margin, units });
    },
    screen({ firstElement, nElements, width, count, statistic }) {
      const [, , , , , product, , stride] = statistic;
      const rows = [count, nElements, product, stride, 0, 0] as const;
      const limits = [ofHypothesis(regions.lowest, width), ofHypothesis(regions.highest, width)] as const;
      const out = [counters + firstElement * 4, regions.largest, regions.open] as const;
      return k.f32ScreenProducts(...rows, direction, margin, top, ...limits, ...out);
    },
    mayReach: (b, known) => nKnown > 0 && largest[b]! + margin >= screen.productOf(known),
    collectLargest({ nElements, width, statistic }, b, known) {
      const [, , , , , product, , stride] = statistic;
      const row = [b, nElements, product, stride, 0, 0, direction, top] as const;
      const highest = ofHypothesis(regions.highest, width);
      return k.f32LargestProducts(...row, highest, margin, screen.productOf(known), regions.open);
    },
  };
}
