// Several scalars of one input, analysed one after the other with the same shuffles: where each has its results, and its options.
import { existsSync, mkdirSync, rmdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { UsageError } from "../../errors.js";
import type { AnalysisOptions } from "./options.js";

export interface ScalarPlace {
  readonly scalar: string;
  /** Of the results: a folder, or what stands in front of their names in one. */
  readonly output: string;
  /** Of a prefix: to be made. */
  readonly folder: string | undefined;
}

function placeOf(options: { readonly output?: string; readonly prefix?: string }, scalar: string): ScalarPlace {
  if (options.output !== undefined) return { scalar, output: join(options.output, scalar), folder: undefined };
  const folder = `${options.prefix}${scalar}`;
  return { scalar, output: `${folder}/`, folder };
}

export interface ScalarPlan<Options> {
  readonly places: readonly [ScalarPlace, ...ScalarPlace[]];
  optionsOf(place: ScalarPlace, seed: number): Options;
  /** Of prefixes. `release` removes those in which nothing is. */
  makeFolders(): { release(): void };
}

/** `scalar`: several names with commas between. Throws UsageError. */
export function planScalars<Options extends AnalysisOptions>(given: Options): ScalarPlan<Options> {
  const out = given as { readonly output?: string; readonly prefix?: string };
  const cache = given.cache ?? join(dirname(out.output ?? `${out.prefix}x`), ".fixelstream");
  const places = listScalars({ scalar: given.scalar ?? "", input: given.input }).map((scalar) => placeOf(out, scalar));
  return {
    places: places as [ScalarPlace, ...ScalarPlace[]],
    optionsOf: ({ scalar, output }, seed) => ({
      ...given,
      ...{ scalar, cache, seed },
      ...(out.output === undefined ? { prefix: output } : { output }),
    }),
    makeFolders() {
      const made: string[] = [];
      for (const { folder } of places) {
        // where there is no directory above, the run says so
        if (folder === undefined || existsSync(folder) || !existsSync(dirname(folder))) continue;
        mkdirSync(folder);
        made.push(folder);
      }
      return { release: () => made.forEach(removeEmpty) };
    },
  };
}

/** Throws UsageError for an empty or repeated name, and for several of what has one. */
function listScalars({ scalar, input }: { readonly scalar: string; readonly input: string }): readonly string[] {
  const scalars = scalar.split(",");
  const cannot = `Cannot use --scalar ${scalar}`;
  const repeated = scalars.find((name, i) => scalars.indexOf(name) < i);
  if (repeated !== undefined) {
    const got = repeated === "" ? "an empty one" : `${repeated} twice`;
    throw new UsageError(`${cannot}: expected different names with commas between, got ${got}. Name each once.`);
  }
  const odd = scalars.find((name) => name === "" || name === "." || name === ".." || /[/\\\0]/.test(name));
  if (odd !== undefined) {
    throw new UsageError(
      `${cannot}: expected names that folders can have, got ${odd === "" ? "an empty one" : odd}. Run the scalars one by one.`,
    );
  }
  if (existsSync(join(input, "store.json")) || /\.(fxs|h5|hdf5|npz)\/?$/i.test(input)) return scalars;
  throw new UsageError(
    `${cannot}: expected a store or a file with several scalars, got ${input}, which has one. Convert all into one store first (fixelstream convert), or run them one by one with the same --seed.`,
  );
}

function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // results are in it
  }
}
