// What prepares the residuals of a group of elements gives (residual-panels.ts, column-residuals.ts).
import type { ElementDesign } from "../../stats/glm/element-design.js";
import type { GroupRows } from "../../stats/glm/group-rows.js";
import type { ShuffledRows } from "../../stats/glm/shuffled-design.js";
import type { Steps } from "../seams.js";
import type { ElementGroup, ModelBlock } from "./model-block.js";

export interface ResidualPanels {
  /** One a member; undefined where it cannot be tested. */
  readonly designs: readonly (ElementDesign | undefined)[];
  readonly product: ProductRows;
  /** e_h of all members into the packed panels (zero where one cannot be tested). Hypotheses come in order, from 0. */
  fill(h: number): void;
}

/** The rows of the product of one shuffle with what all members share. */
export interface ProductRows extends ShuffledRows {
  /** Variance groups: of the design that elements share. */
  readonly groups?: GroupRows;
}

/** Undefined: no member can be tested. */
export type ResidualPreparer = (block: ModelBlock, group: ElementGroup) => Steps<ResidualPanels | undefined>;

/** Members between two steps: a design of its own takes an element some hundred microseconds. */
export const MEMBERS_A_STEP = 16;
