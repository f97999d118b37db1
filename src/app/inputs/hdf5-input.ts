// A ModelArray file as the input of an analysis: values where they lie (hdf5-in-place.ts), subjects by their names, and for fixels a template to write
// results with.
import { createTemplateFolder } from "../../../converters/template-folder.js";
import { InputError, UsageError } from "../../errors.js";
import { openFixelDirectory } from "../../formats/fixel-directory.js";
import { elementsOf, TABLES_SEEN } from "../../formats/hdf5/element-kind.js";
import { readFixelTables, writeFixelTemplate } from "../../formats/hdf5/fixel-tables.js";
import { chooseScalar, describeScalar, type ScalarDataset } from "../../formats/hdf5/modelarray-layout.js";
import { type Hdf5File, openHdf5 } from "../../formats/hdf5/open.js";
import { readImageHeader } from "../../formats/image.js";
import { placeWarnings } from "../../formats/place-warnings.js";
import { identityBehind } from "../../publish/file-identity.js";
import type { PartialDirectory } from "../../publish/partial-directory.js";
import { selectRows } from "../../store/select-rows.js";
import { formatCount } from "../../units.js";
import { describeInPlace } from "./hdf5-in-place.js";
import { type FixelInput, type FixelInputOptions, readList } from "./input-source.js";
import { repeatedSubjects } from "./repeated-subjects.js";

/**
 * Reads metadata, and three values twice over. Throws InputError: not ModelArray's layout, damaged, chunked or compressed (with the command to run);
 * UsageError: no such scalar, no template anywhere.
 */
export async function resolveHdf5(options: FixelInputOptions): Promise<FixelInput> {
  const { input, subjects } = options;
  const identity = identityBehind(input);
  const file = await openHdf5(input, options.signal);
  try {
    const scalar = await describeScalar(file, await chooseScalar(file, options.scalar));
    await assertPlaced(file, options);
    const { spec, scan } = await describeInPlace(file, scalar, { ...options, identity });
    const template = await resolveTemplate(file, scalar, options);
    const names = scalar.subjectNames;
    const rows =
      subjects === "-"
        ? undefined
        : selectRows(await readList(options, subjects), names, { listPath: subjects, storePath: input });
    const selected = rows === undefined ? names : rows.map((row) => names[row]!);
    const expected = rows === undefined ? spec : { ...spec, rows };
    return {
      nFixels: scalar.nElements,
      subjects: selected,
      scalar: scalar.name,
      searchedIn: undefined,
      template,
      expected,
      bytesToWrite: 0,
      warnings: [...placeWarnings(input, template), ...repeatedSubjects(input, selected, undefined)],
      async checkSources() {},
      widestType: () => spec.elementType,
      close() {},
      async open(events) {
        const { missing, crc32 } = await scan(events ?? {});
        const { transform, voxelSizes } = readImageHeader(template.directionsPath);
        const taken = rows ?? names.map((_, row) => row);
        return {
          spec: expected,
          missing,
          storePath: input,
          reused: true,
          sources: taken.map((row) => ({ name: names[row]!, crc32: crc32[row]! })),
          header: { transform, voxelSizes, entries: [] },
        };
      },
    };
  } finally {
    await file.close();
  }
}

/** Fixels have places: before anything is said of how the values lie. Throws UsageError. */
async function assertPlaced(file: Hdf5File, { template, input }: FixelInputOptions): Promise<void> {
  const elements = await elementsOf(file);
  if (elements === "fixels" || template !== undefined) return;
  const remedy =
    elements === "elements"
      ? "Give the fixel directory that it was made with: --template DIRECTORY. If its elements are not fixels, test them with vectorstats."
      : `fixelcfestats needs fixels and their connectivity: test it with ${elements === "voxels" ? "mrclusterstats, or with vectorstats, which enhances nothing" : "vectorstats"}.`;
  throw new UsageError(
    `Cannot use ${input}: expected fixels in /fixels and /voxels, and ${TABLES_SEEN[elements]}. ${remedy}`,
  );
}

/** Templates that the process made. */
const rebuilt = new Set<PartialDirectory>();

/** The directory named, or one rebuilt from /fixels and /voxels that lasts as long as the process. */
async function resolveTemplate(file: Hdf5File, scalar: ScalarDataset, { template, input }: FixelInputOptions) {
  if (template !== undefined) {
    const directory = openFixelDirectory(template);
    if (directory.nFixels === scalar.nElements) return directory;
    throw new InputError(
      `Cannot use the template ${template} with ${input}: expected ${formatCount(scalar.nElements, "fixels")}, got ${directory.nFixels}. Give the fixel directory that the file was made with.`,
      { path: template },
    );
  }
  const tables = (await readFixelTables(file))!; // assertPlaced has seen them
  if (tables.nFixels !== scalar.nElements) {
    throw new InputError(
      `Cannot use ${input}: expected ${formatCount(scalar.nElements, "fixels")} in /fixels, as ${scalar.name} has, got ${tables.nFixels}. Give the fixel directory with --template.`,
      { path: input },
    );
  }
  const folder = createTemplateFolder();
  if (rebuilt.size === 0) {
    process.once("exit", () => {
      for (const made of rebuilt) made.remove();
    });
  }
  rebuilt.add(folder);
  return writeFixelTemplate(folder.path, tables);
}
