// How values of a part are got at, whatever the storage.
import type { NumberArray } from "./open.js";
import type { FileRectangle } from "./plan-rectangles.js";

export interface PartReader {
  /** As they lie in the file; good until the next call. Throws InputError: damaged. */
  read(rectangle: FileRectangle): Promise<NumberArray>;
  close(): void;
}
