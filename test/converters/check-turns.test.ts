// Tens of thousands of headers are looked at without holding the event loop: a signal is heard meanwhile.
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkSubjectFiles } from "../../converters/subject-files.js";
import { rawFixelData, writeCohort } from "../support/make-cohort.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

test("100,000 headers stop soon after they are no longer wanted", async () => {
  const { inputDirectory } = writeCohort(temporaryDirectory(), 3, [["a.mif", rawFixelData(new Float32Array(3))]]);
  const paths = new Array<string>(100_000).fill(join(inputDirectory, "a.mif"));
  const controller = new AbortController();
  let abortedAtMs = 0;
  setTimeout(() => {
    abortedAtMs = performance.now();
    controller.abort(new Error("stop"));
  }, 50);
  let nChecked = 0;
  const onChecked = (done: number) => {
    nChecked = done;
  };
  const checking = checkSubjectFiles(paths, paths, 3, { onChecked, signal: controller.signal });
  await expect(checking).rejects.toThrow("stop");
  // a second on a quiet machine
  expect(performance.now() - abortedAtMs).toBeLessThan(3000);
  expect(nChecked).toBeLessThan(paths.length);
});
