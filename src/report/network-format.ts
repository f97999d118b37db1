// What the pictures of edges are drawn of: JSON in the page.
import type { HypothesisHead } from "./payload-format.js";

export interface NetworkHypothesis extends HypothesisHead {
  /** Nodes of each edge, from 0, and its values; null: none; p 1 where nothing was tested. */
  readonly edges: readonly (readonly [i: number, j: number, effect: number | null, statistic: number, p: number])[];
}

export interface NetworkPayload {
  readonly names: readonly string[];
  readonly hypotheses: readonly NetworkHypothesis[];
}
