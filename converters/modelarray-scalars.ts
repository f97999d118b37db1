// Which scalars of a ModelArray file become one store or file, and in which order of subjects: its scalars have a list of subjects each.
import { InputError } from "../src/errors.js";
import {
  chooseScalar,
  describeScalar,
  listScalars,
  type ScalarDataset,
} from "../src/formats/hdf5/modelarray-layout.js";
import type { Hdf5File } from "../src/formats/hdf5/open.js";
import { firstDifference, keysInCommon, listNames } from "../src/subject-names.js";

export interface JoinedDatasets {
  readonly scalars: readonly ScalarDataset[];
  /** Where each row of a scalar goes, for those whose rows are in another order than those of the first. */
  readonly placesOf: ReadonlyMap<string, readonly number[]>;
  /** Sentences. */
  readonly warnings: readonly string[];
}

/** `wanted`: undefined for all. Throws UsageError: no such scalar; InputError: scalars of other shapes or subjects, which cannot stand beside each other. */
export async function chooseScalars(file: Hdf5File, wanted: string | undefined): Promise<JoinedDatasets> {
  const names = wanted === undefined ? await listScalars(file) : [await chooseScalar(file, wanted)];
  const scalars: ScalarDataset[] = [];
  for (const name of names) scalars.push(await describeScalar(file, name));
  const [first, ...others] = scalars as [ScalarDataset, ...ScalarDataset[]];
  const refuse = (expected: string, got: string) =>
    new InputError(
      `Cannot convert ${file.path}: expected ${expected}, got ${got}. Convert one scalar at a time with --scalar.`,
      { path: file.path },
    );
  if (others.some(({ nSubjects, nElements }) => nSubjects !== first.nSubjects || nElements !== first.nElements)) {
    const shapes = scalars.map(({ name, nSubjects, nElements }) => `${name} ${nSubjects} x ${nElements}`);
    throw refuse("scalars of the same subjects and elements", listNames(shapes, 20));
  }
  const keys = keysInCommon(scalars.map(({ name, subjectNames }) => ({ scalar: name, names: subjectNames })));
  const placesOf = new Map<string, number[]>();
  for (const [i, { name, subjectNames }] of others.entries()) {
    if (subjectNames.every((subject, row) => subject === first.subjectNames[row])) continue;
    if (keys === undefined) {
      const [a, b] = [first.subjectNames[0], subjectNames[0]];
      throw refuse(
        "the same subjects for every scalar, each once",
        `${first.name} and ${name} whose names (${a}, ${b}) do not join`,
      );
    }
    if (firstDifference(keys[0]!, keys[i + 1]!) < 0) continue;
    const placeOf = new Map(keys[0]!.map((key, place) => [key, place]));
    placesOf.set(
      name,
      keys[i + 1]!.map((key) => placeOf.get(key)!),
    );
  }
  const moved = [...placesOf.keys()];
  const warnings =
    moved.length === 0
      ? []
      : [
          `Rows of ${listNames(moved)} are in another order in ${file.path} than those of ${first.name}: all are written in the order of ${first.name}, joined by what tells their names apart. Rows of a design follow that order.`,
        ];
  return { scalars, placesOf, warnings };
}

/** Names in their new places. */
export function placedNames({ name, subjectNames }: ScalarDataset, { placesOf }: JoinedDatasets): readonly string[] {
  const places = placesOf.get(name);
  if (places === undefined) return subjectNames;
  const placed: string[] = [];
  for (const [row, place] of places.entries()) placed[place] = subjectNames[row]!;
  return placed;
}
