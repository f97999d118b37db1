// Subjects' values of a cluster as a figure shows them: by group or against a covariate, adjusted for the columns that the contrast leaves out.
import { dot, fitLinear, type LinearFit } from "./linear-fit.js";
import { short } from "./numbers.js";
import type { ModelData } from "./report-data.js";
import { isConstant, levelsOf, meanOf, twoValues } from "./words.js";

export interface Adjusted {
  /** [nSubjects]: without what the other columns explain, about their means. */
  readonly values: readonly number[];
  readonly by:
    | {
        readonly kind: "groups";
        /** [nSubjects] */
        readonly groups: readonly string[];
        readonly means: readonly {
          readonly group: string;
          readonly size: number;
          readonly mean: number;
          readonly half: number;
        }[];
      }
    | {
        readonly kind: "covariate";
        readonly name: string;
        /** [nSubjects] */
        readonly x: readonly number[];
        readonly line: readonly {
          readonly x: number;
          readonly y: number;
          readonly low: number;
          readonly high: number;
        }[];
      };
}

const MOST_GROUPS = 6;
const LINE_POINTS = 40;

/** Undefined: element-wise columns are asked for, or nothing is. */
export function adjust(
  model: ModelData,
  contrast: readonly (readonly number[])[],
  values: readonly number[],
): Adjusted | undefined {
  const nColumns = model.design[0]?.length ?? 0;
  const involved = Array.from({ length: nColumns }, (_, j) => j).filter((j) => contrast.some((row) => row[j] !== 0));
  if (model.nElementColumns > 0 || involved.length === 0) return undefined;
  const fit = fitLinear(model.design, values);
  const means = Array.from({ length: nColumns }, (_, j) => meanOf(model, j));
  const others = means.map((_, j) => j).filter((j) => !involved.includes(j));
  const adjusted = values.map((value, i) =>
    others.reduce((left, j) => left - (model.design[i]![j]! - means[j]!) * fit.coefficients[j]!, value),
  );
  const asked = involved.filter((j) => !isConstant(model, j));
  const keys = model.design.map((row) => asked.map((j) => row[j]).join(" "));
  const kinds = [...new Set(keys)];
  const areGroups = kinds.length <= MOST_GROUPS && asked.every((j) => twoValues(model, j) !== undefined);
  const rowAt = (i: number) => means.map((mean, j) => (involved.includes(j) ? model.design[i]![j]! : mean));
  if (!areGroups) return againstCovariate(model, asked[0]!, { fit, means, adjusted });
  const firsts = kinds.map((kind) => keys.indexOf(kind));
  const names = firsts.map((i) => groupName(model, asked, i));
  const order = names.map((_, g) => g).sort((a, b) => (names[a]! < names[b]! ? -1 : 1));
  return {
    values: adjusted,
    by: {
      kind: "groups",
      groups: keys.map((key) => names[kinds.indexOf(key)]!),
      means: order.map((g) => ({
        group: names[g]!,
        size: keys.filter((key, i) => key === kinds[g] && Number.isFinite(values[i]!)).length,
        mean: dot(rowAt(firsts[g]!), fit.coefficients),
        half: fit.halfWidth(rowAt(firsts[g]!)),
      })),
    },
  };
}

function groupName(model: ModelData, asked: readonly number[], i: number): string {
  if (asked.length === 0) return "all";
  const row = model.design[i]!;
  const areIndicators = asked.length > 1 && asked.every((j) => twoValues(model, j)?.join() === "0,1");
  const ones = asked.filter((j) => row[j] === 1);
  if (areIndicators && ones.length === 1) return model.factors[ones[0]!]!;
  return asked.map((j) => levelOf(model, j, row[j]!) ?? `${model.factors[j]} = ${short(row[j]!)}`).join(", ");
}

/** `group is control`; undefined: no factor, or one of more levels, of which 0 is any of the others. */
function levelOf(model: ModelData, j: number, value: number): string | undefined {
  const named = levelsOf(model, j);
  const nLevels = Object.values(model.levels ?? {}).filter(([zero]) => zero === named?.[0]).length;
  return named === undefined || nLevels > 1 ? undefined : named[value === 1 ? 1 : 0];
}

function againstCovariate(
  model: ModelData,
  j: number,
  { fit, means, adjusted }: { fit: LinearFit; means: readonly number[]; adjusted: readonly number[] },
): Adjusted {
  const x = model.design.map((row) => row[j]!);
  const [low, high] = [Math.min(...x), Math.max(...x)];
  const line = Array.from({ length: LINE_POINTS + 1 }, (_, i) => {
    const at = low + ((high - low) * i) / LINE_POINTS;
    const row = means.map((mean, k) => (k === j ? at : mean));
    const y = dot(row, fit.coefficients);
    const half = fit.halfWidth(row);
    return { x: at, y, low: y - half, high: y + half };
  });
  return { values: adjusted, by: { kind: "covariate", name: model.factors[j]!, x, line } };
}
