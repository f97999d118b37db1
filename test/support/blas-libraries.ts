// Libraries that a search for a BLAS may meet: made here by a C compiler, and the machine's own.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { chooseLibrary } from "../../src/kernels/native/choose-library.js";
import { type FoundLibrary, findLibraries } from "../../src/kernels/native/find-libraries.js";

export type MadeLibrary =
  | "plain"
  | "accumulates"
  | "wrong"
  | "wrong-float"
  | "forgets"
  | "sigill"
  | "abort"
  | "hang"
  | "endless"
  | "no-symbols"
  | "text";

export const hasCompiler: boolean = (() => {
  try {
    execFileSync("cc", ["--version"], { stdio: "ignore" });
    return process.platform !== "win32";
  } catch {
    return false;
  }
})();

/** Libraries of this machine that may be fast; a reference BLAS is none. */
export const fastLibraries = () =>
  findLibraries({ platform: process.platform, env: { ...process.env, FIXELSTREAM_BLAS: undefined } }).filter(
    ({ kind }) => kind !== "blas",
  );

/** The first of `libraries` that is right in both precisions, whether it gains anything or not. */
export const chooseForTests = (nSubjects: number, libraries: readonly FoundLibrary[]) =>
  chooseLibrary({ precisions: ["double", "single"], nSubjects, rows: 256, width: 256, mustGain: false }, libraries);

/** A product as C says it; `body` comes before, `result` is what an entry becomes of its sum and of what it was. */
const source = (body: string, result = "sum + before") => `
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
${["double d", "float s"].map((pair) => product(pair.split(" ") as [string, string], body, result)).join("")}`;

const product = ([type, letter]: [string, string], body: string, result: string) => `
void cblas_${letter}gemm(int order, int ta, int tb, int m, int n, int k, ${type} alpha, const ${type} *a, int lda,
                         const ${type} *b, int ldb, ${type} beta, ${type} *c, int ldc) {
  ${body}
  for (int i = 0; i < m; i++)
    for (int j = 0; j < n; j++) {
      ${type} sum = 0, before = beta == 0 ? 0 : beta * c[i * ldc + j];
      for (int l = 0; l < k; l++) sum += a[i * lda + l] * b[l * ldb + j];
      c[i * ldc + j] = ${result};
    }
}
`;

const accumulating = ([type, letter]: [string, string]) => `
void cblas_${letter}gemm(int order, int ta, int tb, int m, int n, int k, ${type} alpha, const ${type} *a, int lda,
                         const ${type} *b, int ldb, ${type} beta, ${type} *c, int ldc) {
  for (int i = 0; i < m; i++)
    for (int j = 0; j < n; j++) {
      ${type} sum = beta == 0 ? 0 : beta * c[i * ldc + j];
      for (int l = 0; l < k; l++) sum += a[i * lda + l] * b[l * ldb + j];
      c[i * ldc + j] = sum;
    }
}
`;

const SOURCES: Readonly<Record<Exclude<MadeLibrary, "text">, string>> = {
  plain: source(""),
  // each term is added to what is there, as the reference BLAS does
  accumulates: ["double d", "float s"].map((pair) => accumulating(pair.split(" ") as [string, string])).join(""),
  // an error that no test of a single place would meet
  wrong: source("", "(i % 3 == 2 && j > 4 ? sum * 1.0001 : sum) + before"),
  // as libraries that multiply float32 by units for fewer bits
  "wrong-float": source("", "sizeof(sum) == 4 ? sum * 1.0001 + before : sum + before"),
  // right for a product at once, not for one in slices
  forgets: source("", "sum"),
  sigill: source("raise(SIGILL);"),
  abort: source("abort();"),
  hang: source("for (;;) pause();"),
  endless: source("_exit(0);"),
  "no-symbols": "int nothing_of_a_blas(void) { return 0; }",
};

/** Path of the library in `directory`. */
export function makeLibrary(directory: string, name: MadeLibrary): string {
  const path = join(directory, `${name}.so`);
  if (name === "text") {
    writeFileSync(path, "This is no library.\n");
    return path;
  }
  const code = join(directory, `${name}.c`);
  writeFileSync(code, SOURCES[name]);
  execFileSync("cc", ["-O1", "-w", "-shared", "-fPIC", "-o", path, code]);
  return path;
}
