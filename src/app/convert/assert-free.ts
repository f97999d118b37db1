// An output of either kind: what reads and writes HDF5 is loaded where the output is that.
import { isHdf5Path } from "../../formats/hdf5/hdf5-path.js";
import { assertOutputFree } from "../../store/claim-store.js";

/** The output can be made: before long work. Throws InputError. */
export async function assertFree(output: string, force: boolean): Promise<void> {
  if (!isHdf5Path(output)) return assertOutputFree(output, force);
  const { assertHdf5Free } = await import("../../../converters/hdf5-output.js");
  await assertHdf5Free(output, force ? "replace" : "new");
}
