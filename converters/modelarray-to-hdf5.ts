// A ModelArray file's scalars into another one that can be used where it lies, or that is smaller.
import { InternalError } from "../src/errors.js";
import { openFixelDirectory } from "../src/formats/fixel-directory.js";
import { type FixelTables, readFixelTables, tablesOfDirectory } from "../src/formats/hdf5/fixel-tables.js";
import type { Hdf5File } from "../src/formats/hdf5/open.js";
import { readVoxelTable } from "../src/formats/hdf5/voxel-table.js";
import { createModelArray } from "../src/formats/hdf5/write-modelarray.js";
import { beatWhenDue } from "../src/publish/heartbeat.js";
import type { ElementType } from "../src/store/column-source.js";
import { creatorName, readProgramVersion } from "../src/store/creator.js";
import { withHdf5Output } from "./hdf5-output.js";
import { type Converted, type ModelArrayConversion, summarise, type Watched } from "./modelarray-conversion.js";
import { copyScalars, placed } from "./modelarray-copy.js";
import { type JoinedDatasets, placedNames } from "./modelarray-scalars.js";

export async function convertToHdf5(
  conversion: ModelArrayConversion,
  file: Hdf5File,
  joined: JoinedDatasets,
  { remarks, assertUnchanged }: Watched,
): Promise<Converted> {
  const { output, onProgress } = conversion;
  const { scalars } = joined;
  const types = new Map<string, ElementType>(scalars.map(({ name }) => [name, "f32"]));
  const tables = await tablesOf(conversion, file);
  const voxels = tables === undefined ? await readVoxelTable(file) : undefined;
  const creator = creatorName(readProgramVersion());
  return await withHdf5Output(output, conversion.force ? "replace" : "new", async ({ partialPath, scratchPath }) => {
    for (;;) {
      const writer = await createModelArray({
        ...{ output, partial: partialPath, tables, voxels, gzipLevel: conversion.gzipLevel, creator },
        signal: conversion.signal,
        scalars: scalars.map((scalar) => ({
          ...{ name: scalar.name, nElements: scalar.nElements },
          subjectNames: placedNames(scalar, joined),
          elementType: types.get(scalar.name)!,
        })),
      });
      try {
        const write = placed(writer.writeRectangle, joined);
        const inexact = await copyScalars(conversion, file, scalars, { types, remarks, write, scratchPath });
        if (inexact === undefined) {
          assertUnchanged();
          await writer.finish((share) => {
            beatWhenDue(); // it holds the event loop
            onProgress?.("compress", share);
          });
          return summarise(output, scalars, types);
        }
        if (types.get(inexact) === "f64") throw new InternalError(`A value of ${inexact} is no float64.`);
        types.set(inexact, "f64");
      } finally {
        await writer.discard();
      }
    }
  });
}

async function tablesOf({ template }: ModelArrayConversion, file: Hdf5File): Promise<FixelTables | undefined> {
  return template === undefined ? await readFixelTables(file) : tablesOfDirectory(openFixelDirectory(template));
}
