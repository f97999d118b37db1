// What the built program loads only when a file needs it is in it. Needs `npm run build`.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runCli } from "../support/run-cli.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { bytesOf, npyBytes, zipBytes } from "../support/write-npy.js";

test.each([true, false])("archives of numpy, deflated: %s", (isDeflated) => {
  const root = temporaryDirectory();
  const data = bytesOf(Float32Array.from({ length: 12 }, (_, i) => i));
  writeFileSync(join(root, "v.npz"), zipBytes({ "arr_0.npy": npyBytes({ shape: [4, 3], data }) }, isDeflated));
  const { status, stderr } = runCli(["convert", "vectors", "v.npz", "v.fxs", "-quiet"], root);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});
