// Which shuffles of a plan a run computes, and in which lane each of them is. A shard, a resumed run and an undivided one differ in this alone.

export interface ShuffleRange {
  /** Index of the first shuffle that is run, and one past the last. */
  readonly first: number;
  readonly end: number;
  /** The unshuffled data run in front and are not counted: shuffle `first` is not the identity, but counters need the statistic of the data. */
  readonly leadingIdentity: boolean;
}

/** Every shuffle of a plan; with `notest` the unshuffled data alone, whatever the plan begins with. */
export function wholeRange(
  plan: { readonly count: number; readonly startsWithIdentity: boolean },
  { notest }: { readonly notest: boolean },
): ShuffleRange {
  if (notest) return { first: 0, end: 0, leadingIdentity: true };
  return { first: 0, end: plan.count, leadingIdentity: !plan.startsWithIdentity };
}

/** Lane 0 is always the unshuffled data. */
export function countLanes({ first, end, leadingIdentity }: ShuffleRange): number {
  return end - first + (leadingIdentity ? 1 : 0);
}

/** Shuffles of the range up to lane `lane`: the place of that lane's shuffle among the range's. -1: the unshuffled data in front. */
export function placeOfLane({ leadingIdentity }: ShuffleRange, lane: number): number {
  return leadingIdentity ? lane - 1 : lane;
}
