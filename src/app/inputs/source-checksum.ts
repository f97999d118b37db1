// The checksum of an image as a conversion takes it.
import path from "node:path";
import { readImageHeader } from "../../formats/image.js";
import { checksumSteps } from "../../publish/checksum-file.js";
import { withoutTurns } from "../../turns.js";

/** CRC-32 of the file; of an image of two files (.mih) that of the header, then the data. Throws InputError, or what the system says. */
export function checksumSource(file: string): number {
  return withoutTurns(checksumSourceSteps(file));
}

/** The same in steps. */
export function* checksumSourceSteps(file: string): Generator<number, number> {
  const start = yield* checksumSteps(file);
  const data = dataFileBeside(file);
  return data === undefined ? start : yield* checksumSteps(data, start);
}

/** Of an image of two files (.mih): where its numbers are. */
export function dataFileBeside(file: string): string | undefined {
  if (!file.endsWith(".mih")) return undefined;
  const { dataFile } = readImageHeader(file);
  return dataFile === "." ? undefined : path.resolve(path.dirname(file), dataFile);
}
