// Variance groups: observations of one group share a variance. n whole numbers from 0 or from 1, without gaps.
import { formatCount } from "../../units.js";
import type { Warning } from "../../warnings.js";
import { groupMoments } from "../glm/group-moments.js";
import type { VarianceGroups } from "../glm/model.js";
import { frameOf } from "./design-frame.js";
import type { Matrix } from "./matrix.js";

export interface GroupLabels {
  readonly labels: ArrayLike<number>;
  readonly nSubjects: number;
  /** As typed. */
  readonly path: string;
}

/** One sentence a problem; empty when the labels make groups. */
export function checkVarianceGroups({ labels, nSubjects, path }: GroupLabels): string[] {
  const what = `Cannot use ${path} for -variance`;
  const values = Array.from(labels);
  if (values.length !== nSubjects) {
    return [
      `${what}: expected ${formatCount(nSubjects, "values")} (one per subject), got ${values.length}. Give one group number a subject.`,
    ];
  }
  const odd = values.findIndex((value) => !Number.isSafeInteger(value) || value < 0);
  if (odd !== -1) {
    return [
      `${what}: expected whole numbers from 0 or from 1, got ${values[odd]} (subject ${odd + 1}, counting from 1). Number the groups.`,
    ];
  }
  const names = [...new Set(values)].sort((a, b) => a - b);
  const [first, last] = [names[0]!, names.at(-1)!];
  if (first > 1) {
    return [`${what}: expected the lowest group number to be 0 or 1, got ${first}. Number the groups from 0 or 1.`];
  }
  if (names.length === last - first + 1) return names.length === 1 ? [] : checkSizes(what, values, names);
  const missing = names.findIndex((name, i) => name !== first + i) + first;
  return [
    `${what}: expected group numbers ${first} to ${last} without gaps, got no subject in group ${missing}. Renumber the groups.`,
  ];
}

/** Groups of one: neither their variance nor its degrees of freedom can be estimated. Peer: it aborts. */
function checkSizes(what: string, values: readonly number[], names: readonly number[]): string[] {
  const alone = names.filter((name) => values.filter((value) => value === name).length === 1);
  if (alone.length === 0) return [];
  const others = alone.length > 1 ? `, and one in ${alone.length - 1} more` : "";
  const subject = values.indexOf(alone[0]!) + 1;
  return [
    `${what}: expected at least two subjects in every group, got one in group ${alone[0]} (subject ${subject}, counting from 1)${others}: a variance of its own cannot be estimated. Join groups, or leave the subject out.`,
  ];
}

/** Problems of groups under a design: where it explains a group without a residual, no element can be tested. `labels` without problems. */
export function checkGroupResiduals(design: Matrix, { labels, path }: Pick<GroupLabels, "labels" | "path">): string[] {
  const { groups } = resolveVarianceGroups({ labels, path });
  const { basis, rank, nRows } = frameOf(design);
  const keep = new Uint8Array(nRows).fill(1);
  const lowest = Array.from(labels).reduce((a, b) => Math.min(a, b));
  const { rnn = [], sizes = [] } = groupMoments({ groups }, keep, basis, rank) ?? {};
  return [...rnn.keys()].flatMap((g) =>
    rnn[g]! > 0
      ? []
      : [
          `Cannot use ${path} for -variance: expected every group to have more subjects than the design has columns that tell them apart, got ${sizes[g]} in group ${lowest + g}, which the design explains without a residual: its variance cannot be estimated. Join groups, or remove columns of the design.`,
        ],
  );
}

/** Labels without problems. A single group is no grouping: undefined, and a warning. */
export function resolveVarianceGroups({ labels, path }: Pick<GroupLabels, "labels" | "path">): {
  readonly groups: VarianceGroups | undefined;
  readonly warnings: readonly Warning[];
} {
  const values = Array.from(labels);
  const lowest = values.reduce((a, b) => Math.min(a, b));
  const of = Int32Array.from(values, (value) => value - lowest);
  const count = of.reduce((a, b) => Math.max(a, b)) + 1;
  if (count > 1) return { groups: { count, of }, warnings: [] };
  const message = `${path} defines a single variance group; variance groups are not used.`;
  return { groups: undefined, warnings: [{ tag: "single-variance-group", message }] };
}
