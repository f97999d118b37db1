// The version of package.json, read where the package lies: beside src/ or above dist/.
import { readFileSync } from "node:fs";

function readVersion(): string {
  for (const candidate of ["../package.json", "../../package.json"]) {
    try {
      const found = JSON.parse(readFileSync(new URL(candidate, import.meta.url), "utf8")) as {
        name?: string;
        version?: string;
      };
      if (found.name === "fixelstream" && found.version !== undefined) return found.version;
    } catch {
      // not there: look one folder up
    }
  }
  return "unknown";
}

export const VERSION = readVersion();
