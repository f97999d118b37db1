// What of a dataset's values can be read at all, asked before any is: their storage, filters and type, each against a list of those that are known.
// Everything else is refused by name, with the command that makes another file of it.
import { InputError } from "../../errors.js";
import type { DatasetDescription } from "./dataset.js";
import type { DatasetLayout } from "./dataset-layout.js";
import { h5pyCommand, repackCommand } from "./remedies.js";

/** Of libhdf5 as we have it: deflate, shuffle, Fletcher-32, szip, n-bit, scale-offset. */
const KNOWN_FILTERS: ReadonlySet<number> = new Set([1, 2, 3, 4, 5, 6]);
const LZF = 32000;
/** Those that people meet, by their registered numbers. */
const FILTER_NAMES: Readonly<Record<number, string>> = {
  [LZF]: "lzf",
  305: "lzo",
  307: "bzip2",
  32001: "blosc",
  32004: "lz4",
  32008: "bitshuffle",
  32013: "zfp",
  32015: "zstd",
  32017: "sz",
  32026: "blosc2",
};

/** Throws InputError. */
export function assertUsable(description: DatasetDescription, layout: DatasetLayout, path: string): void {
  const refuse = (got: string, remedy: string) => {
    throw new InputError(
      `Cannot read ${description.objectPath} of ${path}: expected float16 to float64 or integers in the file itself, plain, or compressed by gzip, szip or scale-offset, got ${got}. ${remedy}`,
      { path },
    );
  };
  if (layout.external) refuse("values in other files", `Copy it into one file: ${repackCommand(path)}`);
  if (layout.storage === "virtual")
    refuse("a virtual dataset, whose values are in other datasets", `Copy it into one file: ${repackCommand(path)}`);
  const unknown = description.filters.find(({ id }) => !KNOWN_FILTERS.has(id));
  if (unknown !== undefined) {
    const { id } = unknown;
    const name = FILTER_NAMES[id] ?? (unknown.name || "a filter");
    const remedy =
      id === LZF
        ? `h5py has it (h5repack has not, and would leave the values out): ${h5pyCommand(path)}`
        : `h5py has it with the package hdf5plugin: ${h5pyCommand(path, { library: "hdf5plugin" })}`;
    refuse(`values compressed by ${name} (filter ${id})`, `Write them anew. ${remedy}`);
  }
  if (description.isReadable) return;
  const remedy =
    description.kind === "other" || description.kind === "string"
      ? "Store numbers instead."
      : `If they may become float64: ${h5pyCommand(path, { type: "f8" })}`;
  refuse(description.typeName, remedy);
}
