// The removing rule on many homes.
import { test } from "vitest";
import { checkRemoving, prepareRemoving } from "../support/removing-rule.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const root = temporaryDirectory();

test("every file that we did not make stays as it is", { timeout: 3_600_000 }, async () => {
  await prepareRemoving(root);
  await checkRemoving({ numRuns: 1500, seed: 20261127 });
});
