// A ModelArray file's scalars into one store.
import path from "node:path";
import { InputError, InternalError, UsageError } from "../src/errors.js";
import { openFixelDirectory } from "../src/formats/fixel-directory.js";
import { elementsOf, type FileElements, TABLES_SEEN } from "../src/formats/hdf5/element-kind.js";
import { readFixelTables, writeFixelTemplate } from "../src/formats/hdf5/fixel-tables.js";
import type { ScalarDataset } from "../src/formats/hdf5/modelarray-layout.js";
import type { Hdf5File } from "../src/formats/hdf5/open.js";
import { plainNameFor } from "../src/formats/hdf5/remedies.js";
import { shellWord } from "../src/shell-word.js";
import { blockWidthFor, countBlocks } from "../src/store/block-width.js";
import {
  beginStoreBuild,
  type FinishedPartial,
  resumableElementType,
  type StoreBuild,
  type StoreBuildPlan,
} from "../src/store/build-store.js";
import { assertOutputFree, type StoreClaim, withClaim } from "../src/store/claim-store.js";
import type { ElementType } from "../src/store/column-source.js";
import { formatCount } from "../src/units.js";
import { mergeStores } from "./merge-stores.js";
import { type Converted, type ModelArrayConversion, summarise, type Watched } from "./modelarray-conversion.js";
import { copyScalars, type Resume, type Sink, STAGING_BYTES } from "./modelarray-copy.js";
import { type JoinedDatasets, placedNames } from "./modelarray-scalars.js";
import { describeInput } from "./subject-files.js";
import { createTemplateFolder } from "./template-folder.js";

export async function convertToStore(
  conversion: ModelArrayConversion,
  file: Hdf5File,
  joined: JoinedDatasets,
  watched: Watched,
): Promise<Converted> {
  const { output, force, command } = conversion;
  const [first, ...others] = joined.scalars;
  if (first === undefined) throw new InternalError("No scalar was chosen.");
  if (conversion.gzipLevel !== undefined)
    throw new UsageError(`Cannot compress ${output}: --gzip is for .h5 files. Leave it out, or name the output .h5.`);
  assertOutputFree(output, force);
  const temporary = createTemplateFolder();
  try {
    const { indexPath, directionsPath } = await templateFiles(conversion, file, first, temporary.path);
    const template = {
      index: describeInput(path.basename(indexPath), indexPath),
      directions: describeInput(path.basename(directionsPath), directionsPath),
    };
    const types = new Map<string, ElementType>();
    if (others.length === 0) {
      await withClaim(output, "store", (claim) =>
        convertPart({ conversion, file, joined, template, claim, ...watched }, first, types, (build, onBlock) =>
          build.finish(onBlock),
        ),
      );
      return summarise(output, [first], types);
    }
    await withClaim(output, "parts", async (claim) => {
      const parts: FinishedPartial[] = [];
      try {
        for (const scalar of joined.scalars) {
          const part = { conversion, file, joined, template, claim, ...watched };
          parts.push(await convertPart(part, scalar, types, (build, onBlock) => build.complete(onBlock)));
        }
        watched.assertUnchanged();
        mergeStores(parts, output, { replace: force, command, lock: claim.lock });
      } finally {
        for (const { partial } of parts) partial.leave(); // nothing when they were merged
      }
    });
    return summarise(output, joined.scalars, types);
  } finally {
    temporary.remove();
  }
}

interface StorePart extends Watched {
  readonly conversion: ModelArrayConversion;
  readonly file: Hdf5File;
  readonly joined: JoinedDatasets;
  readonly template: StoreBuildPlan["template"];
  readonly claim: StoreClaim;
}

/** One scalar, as float32 or, where a value needs it, as float64; its type goes into `types`. */
async function convertPart<T>(
  { conversion, file, joined, template, claim, remarks, assertUnchanged }: StorePart,
  scalar: ScalarDataset,
  types: Map<string, ElementType>,
  end: (build: StoreBuild, onBlock: (iBlock: number) => void) => Promise<T>,
): Promise<T> {
  const { output, force: replace, command, onProgress } = conversion;
  const { nSubjects, nElements, name } = scalar;
  const { path: absolute, sizeBytes, mtimeMs } = describeInput(name, conversion.input);
  const places = joined.placesOf.get(name);
  const sources = placedNames(scalar, joined).map((subject) => ({ name: subject, path: absolute, sizeBytes, mtimeMs }));
  // made of /fixels and /voxels, for this run alone
  const templateOf = conversion.template === undefined ? describeInput(name, conversion.input) : undefined;
  const planOf = (elementType: ElementType) => {
    const shape = { nSubjects, nElements, blockWidth: blockWidthFor(nSubjects), elementType };
    return { output, replace, kind: "fixel", scalar: name, shape, sources, template, templateOf, command } as const;
  };
  const elementTypes = resumableElementType(planOf("f32")) === "f64" ? (["f64"] as const) : (["f32", "f64"] as const);
  for (const elementType of elementTypes) {
    const plan = planOf(elementType);
    const { shape } = plan;
    const build = beginStoreBuild({ ...plan, claim }, STAGING_BYTES);
    try {
      const write: Sink = (_, values, rectangle, notes) => {
        assertUnchanged(); // what is in the journal is believed by the next run
        build.writePart(values, rectangle, notes, places);
      };
      const resume: Resume = (_, rectangle) => build.resumePart(rectangle, places);
      let nResumed = 0;
      const onResumed = (nValues: number) => {
        nResumed += nValues;
      };
      types.set(name, elementType);
      const scratchPath = path.join(build.path, "chunk");
      const inexact = await copyScalars(conversion, file, [scalar], {
        ...{ types, remarks, write, resume, onResumed, scratchPath },
      });
      if (inexact !== undefined) continue;
      assertUnchanged();
      if (nResumed > 0) conversion.onResumed?.(name, nResumed / (nSubjects * nElements));
      const nBlocks = countBlocks(nElements, shape.blockWidth);
      return await end(build, (iBlock) => onProgress?.("verify", (iBlock + 1) / nBlocks));
    } finally {
      await build.close();
    }
  }
  throw new InternalError(`A value of ${name} is no float64.`);
}

async function templateFiles(
  { template, input, output }: ModelArrayConversion,
  file: Hdf5File,
  { nElements, name }: ScalarDataset,
  temporary: string,
) {
  const directory = template === undefined ? undefined : openFixelDirectory(template);
  const tables = directory === undefined ? await readFixelTables(file) : undefined;
  const nFixels = directory?.nFixels ?? tables?.nFixels;
  if (nFixels === undefined) {
    const elements = (await elementsOf(file)) as Exclude<FileElements, "fixels">;
    const plain = `fixelstream convert modelarray ${shellWord(input)} ${shellWord(plainNameFor(input))} --scalar ${shellWord(name)}`;
    const template = "Give the fixel directory that it was made with: --template DIRECTORY. Or, for vectorstats,";
    throw new UsageError(
      `Cannot write ${output}: a store of ${input} needs index and directions, and ${TABLES_SEEN[elements]}. ${elements === "elements" ? template : "For vectorstats"} make a plain file: ${plain}`,
    );
  }
  if (nFixels !== nElements) {
    throw new InputError(
      `Cannot convert ${input}: expected ${formatCount(nElements, "fixels")} in ${template ?? "/fixels"}, as ${name} has, got ${nFixels}. Give the right fixel directory with --template.`,
      { path: template ?? input },
    );
  }
  return directory ?? writeFixelTemplate(temporary, tables!);
}
