// Variance groups: observations of one group share a variance. n whole numbers from 0 or from 1, without gaps.
import type { Warning } from "../../warnings.js";
import type { VarianceGroups } from "../glm/model.js";

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
      `${what}: expected ${nSubjects} values (one per subject), got ${values.length}. Give one group number a subject.`,
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
  if (names.length === last - first + 1) return [];
  const missing = names.findIndex((name, i) => name !== first + i) + first;
  return [
    `${what}: expected group numbers ${first} to ${last} without gaps, got no subject in group ${missing}. Renumber the groups.`,
  ];
}

/** Labels without problems. A single group is no grouping: undefined, and a warning. */
export function resolveVarianceGroups({ labels, path }: GroupLabels): {
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
