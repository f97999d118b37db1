// A few dozen homes; many more in test/slow/removing.test.ts.
import { expect, test } from "vitest";
import { checkRemoving, prepareRemoving } from "../support/removing-rule.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const root = temporaryDirectory();

test("every file that we did not make stays as it is", { timeout: 600_000 }, async () => {
  await prepareRemoving(root);
  const statuses = await checkRemoving({ numRuns: 60, seed: 20261126 });
  // It was not refused every time.
  for (const command of ["convert", "fixelcfestats", "vectorstats", "export", "cache"])
    expect(statuses.get(`${command} 0`) ?? 0, command).toBeGreaterThan(1);
});
