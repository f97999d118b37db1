// A ModelArray file of any layout -> a store, or a ModelArray file that can be used where it lies.
import path from "node:path";
import { InputError, isFixelstreamError, UsageError } from "../src/errors.js";
import { elementsOf, type FileElements } from "../src/formats/hdf5/element-kind.js";
import { isHdf5Path } from "../src/formats/hdf5/hdf5-path.js";
import { listAnalyses, listed, type ScalarDataset } from "../src/formats/hdf5/modelarray-layout.js";
import { type Hdf5File, openHdf5 } from "../src/formats/hdf5/open.js";
import { isPlainName } from "../src/formats/plain-name.js";
import { systemErrorCode } from "../src/system-error.js";
import type { ModelArrayConversion, ModelArraySummary, ReadRemarks, Watched } from "./modelarray-conversion.js";
import { chooseScalars } from "./modelarray-scalars.js";
import { convertToHdf5 } from "./modelarray-to-hdf5.js";
import { convertToStore } from "./modelarray-to-store.js";
import { describeInput } from "./subject-files.js";
import { sweepTemplates } from "./template-folder.js";

export type { ModelArrayConversion, ModelArraySummary };

/** Throws UsageError, InputError (not ModelArray's, damaged, changed meanwhile, output exists, disk full), BudgetError. */
export async function convertModelArray(conversion: ModelArrayConversion): Promise<ModelArraySummary> {
  const { input, output } = conversion;
  sweepTemplates();
  const before = describeInput(path.basename(input), input);
  if (path.resolve(input) === path.resolve(output))
    throw new UsageError(`Cannot write ${output}: it is the input. Give the output another name.`);
  const file = await openHdf5(input, conversion.signal);
  const assertUnchanged = () => {
    const after = describeInput(before.name, input);
    if (after.mtimeMs === before.mtimeMs && after.sizeBytes === before.sizeBytes) return;
    throw new InputError(
      `Cannot convert ${input}: it was changed during the conversion, expected ${before.sizeBytes} bytes, got ${after.sizeBytes}. Make sure that nothing writes to it, and run the command again.`,
      { path: input },
    );
  };
  try {
    const toHdf5 = isHdf5Path(output);
    const joined = await chooseScalars(file, conversion.scalar);
    for (const { name } of joined.scalars) assertPlain(name, input);
    const remarks: Watched["remarks"] = new Map();
    const convert = toHdf5 ? convertToHdf5 : convertToStore;
    const summary = await convert(conversion, file, joined, { remarks, assertUnchanged });
    const elements = await elementsOf(file);
    const left = await describeLeftOut(file, output, elements);
    const warnings = [
      ...joined.warnings,
      ...joined.scalars.flatMap((one) => describeRemarks(input, one, remarks.get(one.name))),
      ...left,
    ];
    return { ...summary, elements, warnings };
  } catch (cause) {
    // gone, or another file by now: that says better what came of it
    if (systemErrorCode(cause) !== undefined || isFixelstreamError(cause, "InputError")) assertUnchanged();
    throw cause;
  } finally {
    await file.close();
  }
}

/** A name out of a file becomes that of another file. Throws InputError. */
function assertPlain(name: string, input: string): void {
  if (isPlainName(name)) return;
  throw new InputError(
    `Cannot convert ${JSON.stringify(name.slice(0, 200))} of ${input}: expected a scalar whose name can be that of a file, such as FD, got another. Rename it in the file (h5py: file.move), or choose another with --scalar.`,
    { path: input },
  );
}

function describeRemarks(input: string, { name, values }: ScalarDataset, remarks: ReadRemarks | undefined): string[] {
  const { nMissing = 0, unwritten } = remarks ?? {};
  const counted = (n: number, rest: string) =>
    `${n} ${n === 1 ? "value" : "values"} of ${name} of ${input} ${n === 1 ? "is" : "are"} ${rest}`;
  const what = values.typeName.startsWith("an enumeration")
    ? "NA by name"
    : `the least ${values.typeName}, which R writes for NA`;
  return [
    ...(nMissing === 0 ? [] : [counted(nMissing, `${what}: NaN is written.`)]),
    ...(unwritten === undefined
      ? []
      : [
          counted(
            unwritten.nValues,
            `in chunks that were never written: ${unwritten.fill} is written, which the file gives for them. If the program that made it was stopped, make it again.`,
          ),
        ]),
  ];
}

/** What the output does not have. */
async function describeLeftOut(file: Hdf5File, output: string, elements: FileElements): Promise<string[]> {
  const left: string[] = [];
  const analyses = await listAnalyses(file);
  if (analyses.length > 0)
    left.push(`${output} does not have the results of ${file.path} (${listed(analyses)}). Export them from there.`);
  if (elements === "greyordinates")
    left.push(`${output} does not have /greyordinates of ${file.path}: keep it for the places of its elements.`);
  return left;
}
