import { expect, test } from "vitest";
import * as api from "../src/index.js";

test("the public interface grows on purpose only", () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "BudgetError",
      "DesignError",
      "FixelstreamError",
      "InputError",
      "InternalError",
      "UsageError",
      "VERSION",
      "convertFixels",
      "describeStore",
      "inferFixels",
      "isFixelstreamError",
      "openColumnSource",
      "openStore",
      "planInference",
      "verify",
    ]
  `);
});
