// The checksum of an image as a conversion takes it.
import path from "node:path";
import { readImageHeader } from "../../formats/image.js";
import { checksumFile } from "../../publish/checksum-file.js";

/** CRC-32 of the file; of an image of two files (.mih) that of the header, then the data. Throws InputError, or what the system says. */
export function checksumSource(file: string): number {
  const start = checksumFile(file);
  const { dataFile } = readImageHeader(file);
  return dataFile === "." ? start : checksumFile(path.resolve(path.dirname(file), dataFile), start);
}
