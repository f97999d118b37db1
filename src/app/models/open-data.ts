// The scalars that a formula names, opened as columns of elements.

import { existsSync, readdirSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { UsageError } from "../../errors.js";
import { hasIndex, openFixelDirectory } from "../../formats/fixel-directory.js";
import { type FixelTables, readFixelTables, tablesOfDirectory } from "../../formats/hdf5/fixel-tables.js";
import { isHdf5Path } from "../../formats/hdf5/hdf5-path.js";
import { listScalars } from "../../formats/hdf5/modelarray-layout.js";
import { openHdf5 } from "../../formats/hdf5/open.js";
import { readVoxelTable, type VoxelTable } from "../../formats/hdf5/voxel-table.js";
import { didYouMean, meant } from "../../near-names.js";
import type { ColumnSourceSpec } from "../../store/column-source.js";
import { openStore } from "../../store/open-store.js";
import { listNames } from "../../subject-names.js";
import type { Warning } from "../../warnings.js";
import { chooseNameColumn, rowsByPlace } from "../design/name-column.js";
import { resolveFixelInput } from "../inputs/fixel-input.js";
import type { OpenEvents } from "../inputs/input-source.js";
import { resolveVectorInput } from "../inputs/vector-input.js";
import type { Cohort } from "./cohort.js";
import type { ModelOptions } from "./options.js";

export interface DataSet {
  /** Undefined: the input has one scalar, without a name. */
  readonly scalarNames: readonly string[] | undefined;
  /** Names of the elements' places, for a file of results. */
  places(): Promise<{ readonly tables?: FixelTables | undefined; readonly voxels?: VoxelTable | undefined }>;
  open(scalar: string, events: OpenEvents): Promise<OpenedScalar>;
  close(): void;
}

export interface OpenedScalar {
  readonly spec: ColumnSourceSpec;
  readonly subjects: readonly string[] | undefined;
  readonly nSubjects: number;
}

/** `cohort`: whose subjects' files a fixel directory is read from. Throws InputError, UsageError. */
export async function findData(options: ModelOptions, cohort: Cohort): Promise<DataSet> {
  const { input, output, memoryBytes, nThreads, io, verify, command, signal, template } = options;
  const cache = options.cache ?? join(dirname(`${output.replace(/\/+$/, "")}x`), ".fixelstream");
  const common = { input, cache, memoryBytes, nThreads, io, verify, command, signal };
  const opened: { close(): void }[] = [];
  const close = () => {
    for (const one of opened) one.close();
  };
  const openVectors = async (scalar: string | undefined, events: OpenEvents): Promise<OpenedScalar> => {
    const found = await resolveVectorInput({ ...common, scalar });
    opened.push(found);
    for (const warning of found.warnings ?? []) events.onWarning?.(warning);
    const { spec } = await found.open(events);
    return { spec, subjects: found.subjects, nSubjects: found.nSubjects };
  };
  if (isHdf5Path(input)) {
    const file = await openHdf5(input, signal);
    try {
      const scalarNames = await listScalars(file);
      return {
        scalarNames,
        async places() {
          const again = await openHdf5(input, signal);
          try {
            if (template !== undefined) return placesOfTemplate(template);
            const tables = await readFixelTables(again);
            return tables === undefined ? { voxels: await readVoxelTable(again) } : { tables };
          } finally {
            await again.close();
          }
        },
        open: openVectors,
        close,
      };
    } finally {
      await file.close();
    }
  }
  if (existsSync(join(input, "store.json")) || /\.fxs\/?$/.test(input)) {
    const store = openStore(input, { io, verify });
    return {
      scalarNames: store.scalarNames,
      async places() {
        if (template !== undefined) return placesOfTemplate(template);
        return store.template === undefined ? {} : placesOfTemplate(dirname(store.template.indexPath));
      },
      open: openVectors,
      close,
    };
  }
  if (hasIndex(input)) {
    return {
      scalarNames: undefined,
      places: async () => placesOfTemplate(template ?? input),
      async open(_, events) {
        const { names, files } = filesOfRows(input, cohort);
        const found = await resolveFixelInput({
          ...{ ...common, scalar: undefined, subjects: options.cohort, template },
          readList: async () => files,
        });
        opened.push(found);
        for (const warning of found.warnings ?? []) events.onWarning?.(warning);
        await found.checkSources(signal);
        const { spec } = await found.open(events);
        return { spec, subjects: names, nSubjects: names.length };
      },
      close,
    };
  }
  return {
    scalarNames: undefined,
    places: async () => ({}),
    open: (_, events) => openVectors(undefined, events),
    close,
  };
}

/**
 * By row of the table: the name of its subject and the file that it means, whose folder and ending may be left out. Throws InputError as chooseNameColumn and
 * rowsByPlace.
 */
function filesOfRows(directory: string, cohort: Cohort): { names: readonly string[]; files: string[] } {
  const isThere = (name: string) => existsSync(isAbsolute(name) ? name : join(directory, name));
  const exact = cohort.nameColumns.find(({ names }) => names.every(isThere));
  if (exact !== undefined) {
    const first = new Map(exact.names.map((name, row) => [name, row] as const).reverse());
    rowsByPlace({ ...exact, matches: exact.names.map((name) => first.get(name)!) }, cohort.path, directory);
    return { names: exact.names, files: [...exact.names] };
  }
  const files = readdirSync(directory).filter((name) => !/^(index|directions)\./.test(name));
  const joined = chooseNameColumn(cohort.nameColumns, files, cohort, directory);
  rowsByPlace(joined, cohort.path, directory);
  const { names, matches } = joined;
  const isAll = matches.every((place) => typeof place === "number");
  // a file that is not there is said where it is read
  return { names, files: isAll ? matches.map((place) => files[Number(place)]!) : [...names] };
}

const placesOfTemplate = (path: string) => ({ tables: tablesOfDirectory(openFixelDirectory(path)) });

/** Which of the data's scalars a formula names, the response first. Throws UsageError. */
export function scalarsOf(
  { scalarNames }: DataSet,
  response: string,
  named: readonly string[],
  columns: readonly string[],
  { input, cohort, formula }: Pick<ModelOptions, "input" | "cohort" | "formula">,
): string[] {
  if (scalarNames === undefined) return [response];
  if (!scalarNames.includes(response))
    throw new UsageError(
      `Cannot fit '${formula}': expected a scalar of ${input} on its left (${listNames(scalarNames, 12)}), got ${response}${columns.includes(response) ? `, a column of ${cohort}` : ""}.${didYouMean(meant(response, scalarNames)) || ` Correct the formula, for example '${scalarNames[0] ?? "FD"} ~ ..'.`}`,
    );
  const others = named.filter((name) => name !== response && scalarNames.includes(name));
  const both = others.find((name) => columns.includes(name));
  if (both !== undefined) {
    const warning: Warning["message"] = `Cannot fit '${formula}': expected ${both} to mean one thing, got a scalar of ${input} and a column of ${cohort}. Rename the column.`;
    throw new UsageError(warning);
  }
  return [response, ...new Set(others)];
}
