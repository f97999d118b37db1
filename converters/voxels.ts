// A list of images and a mask -> rows of the mask's voxels, in its order.
import { InputError } from "../src/errors.js";
import { imageKindOf, readImageVector } from "../src/formats/image.js";
import { countElements, type ImageHeader } from "../src/formats/image-header.js";
import { resolveSubjectFiles } from "../src/formats/text/subject-list.js";
import { identifyVoxels, type VoxelGrid } from "../src/formats/voxel-grid.js";
import { checksumFile } from "../src/publish/checksum-file.js";
import { shellWord } from "../src/shell-word.js";
import type { Warning } from "../src/warnings.js";
import { assertUnchanged, checkSubjectFiles } from "./subject-files.js";
import { copyExactly, type VectorSource } from "./vector-source.js";

export interface VoxelList {
  /** As typed. */
  readonly list: string;
  /** What it names. */
  readonly names: readonly string[];
  readonly mask: { readonly path: string; readonly grid: VoxelGrid };
  readonly signal?: AbortSignal | undefined;
  readonly onWarning?: ((warning: Warning) => void) | undefined;
}

/** Images have the mask's axes and sizes; where they lie is not compared, as the peer does not. */
export function checkVoxelHeader(header: ImageHeader, { path, grid }: VoxelList["mask"], imagePath: string): void {
  const [expected, got] = [grid.dimensions.join(" x "), header.dimensions.join(" x ")];
  if (expected === got) return;
  throw new InputError(
    `Cannot use ${imagePath}: expected ${expected} voxels, as the mask ${path} has, got ${got}. Regrid it (mrgrid), or give the mask of these images.`,
    { path: imagePath },
  );
}

/** Throws InputError: a list is text. */
export function assertNoImage(list: string): void {
  if (imageKindOf(list) === undefined) return;
  throw new InputError(
    `Cannot use ${list} as a list: expected a text with one image a line, got an image. Write the names of the subjects' images into a text, and give that. Volumes of one file become images by mrconvert ${shellWord(list)} -coord 3 0 -axes 0,1,2 sub-0.mif, and so on.`,
    { path: list },
  );
}

/** Files are looked for beside the list, then in the working directory. Throws InputError with all problems of the images. */
export async function openVoxelList({ list, names, mask, signal, onWarning }: VoxelList): Promise<VectorSource> {
  const { paths } = resolveSubjectFiles(names, { listPath: list });
  const check = (header: ImageHeader, path: string) => checkVoxelHeader(header, mask, path);
  const { places, dimensions } = mask.grid;
  const files = await checkSubjectFiles(names, paths, places.length, { check, signal, onWarning });
  const whole = 24 * countElements(dimensions);
  const largest = files.reduce((most, { readerBytes }) => Math.max(most, readerBytes.f64), whole);
  return {
    path: list,
    kind: "voxel",
    nSubjects: names.length,
    nElements: places.length,
    sources: files.map(({ name, path, sizeBytes, mtimeMs, status }) => ({ name, path, sizeBytes, mtimeMs, status })),
    subjectNames: names,
    voxels: identifyVoxels(mask.grid),
    elementTypes: files.some(({ mayNeedFloat64 }) => mayNeedFloat64) ? ["f32", "f64"] : ["f32"],
    // one image decoded, beside its bytes, or what unpacks it, and the one before until it is collected; its voxels in the mask
    readerBytes: largest + 8 * places.length,
    async openRows() {
      return {
        async readInto(rows, first, count, onRow) {
          const crc32: number[] = [];
          let inMask = new Float32Array(0) as Float32Array | Float64Array;
          for (let i = 0; i < count; i++) {
            const file = files[first + i]!;
            assertUnchanged(file);
            const { values } = await readImageVector(file.typedPath, check);
            const isNarrow = values instanceof Float32Array;
            if (inMask.length !== places.length || inMask instanceof Float32Array !== isNarrow)
              inMask = new (isNarrow ? Float32Array : Float64Array)(places.length);
            for (const [element, place] of places.entries()) inMask[element] = values[place]!;
            if (!copyExactly(rows, i * places.length, inMask)) return undefined;
            const start = checksumFile(file.typedPath);
            crc32.push(file.dataPath === undefined ? start : checksumFile(file.dataPath, start));
            assertUnchanged(file);
            await onRow(first + i);
          }
          return crc32;
        },
        close() {},
      };
    },
  };
}
