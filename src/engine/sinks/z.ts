// Statistics become Z as float32, the map of a lane in one piece: what an enhancer reads that takes every height by itself.
import { SSE_ROUNDING } from "../../stats/glm/pooled-variance.js";
import { roundScore } from "../../stats/glm/scores.js";
import { createZCurve, roundedZ, type ZCurve } from "../../stats/glm/z-curve.js";
import type { Context } from "../context.js";
import type { Sink } from "../seams.js";

export function createZSink(context: Context): Sink {
  const { job, worker: w, kernels: k, modelJob, f32, f64 } = context;
  const { size, shared, layout } = job;
  const m = size.nElements;
  const curves = size.hypotheses.map(() => new Map<number, ZCurve>());

  const testOf = (h: number) => {
    const { contrastRank: rank, signed } = size.hypotheses[h]!;
    return { kind: signed === 1 ? "t" : "F", rank } as const;
  };
  /** Exact ones, rounded, whether there is room for a curve or not. */
  const zOf = (h: number, dof: number): ZCurve["zOf"] => {
    const known = curves[h]!.get(dof);
    if (known !== undefined) return known.zOf;
    const { kind, rank } = testOf(h);
    const curve = createZCurve(kind, rank, dof, curves[h]!.size < layout.nZCurves);
    if (curve.isKept) curves[h]!.set(dof, curve);
    return curve.zOf;
  };
  const mapOf = (h: number, lane: number) => f32(shared.hypotheses[h]!.z + lane * m * 4, m);

  return {
    begin() {},
    product({ h, firstElement, nElements, width, first, count, statistic }) {
      k.f64ScoreStatistics(...statistic, SSE_ROUNDING, 0, w.scores, width);
      const scores = f64(w.scores, count * width);
      const of = zOf(h, size.dof);
      for (let b = 0; b < count; b++) {
        const map = mapOf(h, first + b);
        for (let c = 0; c < nElements; c++) map[firstElement + c] = of(scores[b * width + c]!);
      }
    },
    statistics({ h, firstElement, members, first, count, stride, dof }) {
      const { regions } = modelJob!;
      const statistics = f64(regions.statistics, count * stride);
      const dofs = dof === undefined ? f64(regions.dofs, count * stride) : undefined;
      const { kind, rank } = testOf(h);
      const of = dof === undefined ? undefined : zOf(h, dof);
      for (let b = 0; b < count; b++) {
        const map = mapOf(h, first + b);
        for (let i = 0; i < members.length; i++) {
          const score = roundScore(statistics[b * stride + i]!);
          map[firstElement + members[i]!] =
            of === undefined ? roundedZ(kind, rank, score, roundScore(dofs![b * stride + i]!)) : of(score);
        }
      }
    },
  };
}
