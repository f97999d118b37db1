// The use case "make a store of the voxels of a mask".
import { convertVectors, type VectorConversion, type VectorSummary } from "../../../converters/vectors.js";
import { assertNoImage, openVoxelList } from "../../../converters/voxels.js";
import { openImage } from "../../formats/image.js";
import { readSubjectList } from "../../formats/text/subject-list.js";
import { readVoxelMask } from "../../formats/voxel-mask.js";
import type { Warning } from "../../warnings.js";

export interface ConvertVoxelsOptions extends Omit<VectorConversion, "source"> {
  /** Text with one image a line, looked for beside the list, then in the working directory. */
  readonly list: string;
  readonly mask: string;
  readonly onWarning?: ((warning: Warning) => void) | undefined;
}

/** Throws UsageError, InputError, BudgetError. */
export async function convertVoxels({ list, mask, ...conversion }: ConvertVoxelsOptions): Promise<VectorSummary> {
  const { memoryBytes, signal, onWarning } = conversion;
  const image = openImage(mask);
  const { grid, warnings } = readVoxelMask(image);
  image.close();
  for (const warning of warnings) onWarning?.(warning);
  assertNoImage(list);
  const names = await readSubjectList(list, { memoryBytes, signal });
  const source = await openVoxelList({ list, names, mask: { path: mask, grid }, signal, onWarning });
  return await convertVectors({ ...conversion, source });
}
