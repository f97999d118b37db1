// What the pictures of edges are drawn of: JSON in the page.

export interface NetworkHypothesis {
  readonly name: string;
  readonly title: string;
  readonly statistic: string;
  /** ` %`, or empty: the units of the data; absent: an F-test. */
  readonly effectUnit?: string;
  readonly hasP: boolean;
  /** Nodes of each edge, from 0, and its values; p 1 where nothing was tested. */
  readonly edges: readonly (readonly [i: number, j: number, effect: number, statistic: number, p: number])[];
}

export interface NetworkPayload {
  readonly names: readonly string[];
  readonly hypotheses: readonly NetworkHypothesis[];
}
