// A library's product of some subjects at a time: every subject once, whatever the slice, and what lies around the result is left as it is.
import { describe, expect, it } from "vitest";
import { openLibrary, prepareEnvironment } from "../../../src/kernels/native/open-library.js";
import { fastLibraries, hasCompiler, makeLibrary } from "../../support/blas-libraries.js";
import { createLinearMemory } from "../../support/linear-memory.js";
import { createRandom } from "../../support/seeded-random.js";
import { temporaryDirectory } from "../../support/temporary-directory.js";

const path = hasCompiler ? makeLibrary(temporaryDirectory(), "plain") : undefined;
const libraries = [...(path === undefined ? [] : [path]), ...fastLibraries().map((library) => library.path)];

describe.skipIf(libraries.length === 0).each(libraries)("rowProduct of %s", (library) => {
  const linear = createLinearMemory({ firstByte: 0, bytes: 2 ** 20 });
  prepareEnvironment({});
  const kernels = openLibrary({ path: library }).bind(linear.memory.buffer);

  describe.each(["f64", "f32"] as const)("%s", (name) => {
    it.each([
      [1, 1, 8],
      [4, 7, 8],
      [16, 256, 8],
      [5, 257, 16],
      [8, 600, 24],
    ])("%i rows, %i subjects, %i columns", (nOut, n, width) => {
      const Values = name === "f64" ? Float64Array : Float32Array;
      const random = createRandom(n);
      // sums of whole numbers are exact in any order
      const [a, b] = [nOut * n, n * width].map((count) =>
        (new Values(count) as Float64Array).map(() => random.integer(33) - 16),
      ) as [Float64Array, Float64Array];
      const wanted = Array.from({ length: nOut * width }, (_, at) => {
        let sum = 0;
        for (let i = 0; i < n; i++) sum += a[Math.floor(at / width) * n + i]! * b[i * width + (at % width)]!;
        return sum;
      });
      for (const slice of [undefined, 1, 2, 3, 200, 256, n - 1, n, n + 1, 4096].filter((of) => of !== 0)) {
        linear.clear();
        const [gathered, columns] = [linear.place(a), linear.place(b)];
        const product = linear.reserve(new Values(nOut * width) as Float64Array);
        // what was there is no number, and of no account
        product.view.fill(Number.NaN);
        kernels[name](nOut, n, width, gathered.at, columns.at, product.at, ...(slice === undefined ? [] : [slice]));
        linear.expectGuardsIntact();
        expect(
          Array.from(product.view, (x) => x + 0),
          `slices of ${slice}`,
        ).toEqual(wanted.map((x) => x + 0));
      }
    });
  });
});
