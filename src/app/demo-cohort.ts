// The cohort that comes with the package, and a place for what the demo makes of it.
import { existsSync, mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { InternalError } from "../errors.js";

/** fixtures/demo of the package: above dist/src/app, or above src/app. */
export function findDemo(): string {
  const candidates = ["../../../", "../../"].map((up) => fileURLToPath(new URL(`${up}fixtures/demo`, import.meta.url)));
  const found = candidates.find((candidate) => existsSync(candidate));
  if (found === undefined) {
    throw new InternalError("The demo cohort is not part of this installation: fixtures/demo is missing.");
  }
  return found;
}

/** The cohort's place; makes `output` too. */
export function prepareDemo(output: string): string {
  const found = findDemo();
  mkdirSync(output, { recursive: true });
  return found;
}
