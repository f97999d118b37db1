// Results whose names begin with a prefix that is glued on as it is, as MRtrix3 does it: `out/x_` gives out/x_beta0.mif, `out/` gives out/beta0.mif.
import { statSync } from "node:fs";
import { InputError } from "../errors.js";
import type { ResultFiles } from "./result-files.js";
import { openResultFolder } from "./result-folder.js";

export interface PrefixFolderInputs {
  /** As typed. */
  readonly prefix: string;
  /** Of the results, for messages: `csv`. */
  readonly ending: string;
  /** Bytes of all of them. */
  readonly bytes: number;
  /** Names without the prefix. */
  readonly names: readonly string[];
  readonly overwrite: boolean;
  /** As ResultFolderInputs. */
  readonly rehearse: boolean;
}

export interface PrefixFolder {
  /** Where to write a result until all are published. */
  pathOf(name: string): string;
  /** What is the same whatever the results are written as: they carry nothing over from the input. */
  readonly files: Omit<ResultFiles, "write">;
}

/** Throws InputError: exists already, no such directory, cannot be written, disk too small. */
export function openPrefixFolder({ prefix, ending, names, ...inputs }: PrefixFolderInputs): PrefixFolder {
  const slash = prefix.lastIndexOf("/") + 1;
  const directory = slash === 0 ? "." : prefix.slice(0, slash);
  const base = prefix.slice(slash);
  const purpose = `Cannot write results to ${prefix}*.${ending}`;
  if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory()) {
    throw new InputError(
      `${purpose}: expected an existing directory ${directory}, got none. Make it first; the prefix is put in front of every file name as it is.`,
      { path: directory },
    );
  }
  const { pathOf, earlier, publish, discard } = openResultFolder({
    ...{ directory, path: prefix, purpose, base, ...inputs },
    files: names.map((name) => `${base}${name}`),
    remedy: "Choose another prefix for the results.",
    existing: "exist already. Give another prefix, or -force to overwrite.",
  });
  return {
    pathOf: (name) => pathOf(`${base}${name}`),
    files: { directory, earlier, bytes: inputs.bytes, copied: {}, describeInput() {}, publish, discard },
  };
}
