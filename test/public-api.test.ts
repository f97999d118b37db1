import { expect, test } from "vitest";
import * as api from "../src/index.js";

test("the public interface grows on purpose only", () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "ANALYSIS_DEFAULTS",
      "BudgetError",
      "CFE_DEFAULTS",
      "DesignError",
      "FixelstreamError",
      "InputError",
      "InternalError",
      "NO_ELEMENT",
      "NULL_STATE_VERSION",
      "ShardMismatchError",
      "TFCE_DEFAULTS",
      "TFNBS_DEFAULTS",
      "UsageError",
      "VERSION",
      "convertFixels",
      "describeStore",
      "inferEdges",
      "inferFixels",
      "inferVectors",
      "inferVoxels",
      "isFixelstreamError",
      "openColumnSource",
      "openStore",
      "planEdges",
      "planInference",
      "planVectors",
      "planVoxels",
      "readNullState",
      "verify",
      "writeNullState",
    ]
  `);
});
