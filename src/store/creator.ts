// Which program writes, for store.json.
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const PROGRAM = "fixelstream";

/** Version of this package, from the nearest package.json above this file: sources and compiled code lie at different depths. */
export function readProgramVersion(): string {
  for (let folder = path.dirname(fileURLToPath(import.meta.url)); ; folder = path.dirname(folder)) {
    const file = path.join(folder, "package.json");
    if (fs.existsSync(file)) {
      const { name, version } = JSON.parse(fs.readFileSync(file, "utf8"));
      if (name === PROGRAM && typeof version === "string") return version;
    }
    if (folder === path.dirname(folder)) return "unknown";
  }
}

/** `fixelstream 0.1.0` */
export function creatorName(version: string): string {
  return `${PROGRAM} ${version}`;
}
