// What is said of images whose headers were read otherwise than they stand.
import type { Warning } from "../warnings.js";

interface ReadHeader {
  /** As the user knows it. */
  readonly name: string;
  readonly remarks?: readonly string[] | undefined;
}

/** Files named in the warning. */
const MOST_NAMED = 5;

/** One for all of them; undefined: nothing to say. `what` they are, several of them. */
export function headerWarning(files: readonly ReadHeader[], what: string): Warning | undefined {
  const remarked = files.filter(({ remarks = [] }) => remarks.length > 0);
  if (remarked.length === 0) return undefined;
  const named = remarked.slice(0, MOST_NAMED).map(({ name, remarks }) => `${name}: ${remarks!.join(", ")}`);
  const more = remarked.length > named.length ? `; and ${remarked.length - named.length} more files` : "";
  const message = `Headers of ${remarked.length} of ${files.length} ${what} are not as they should be, and are read as MRtrix3 reads them. ${named.join("; ")}${more}. mrconvert writes a file with a good one.`;
  return { tag: "header-repaired", message };
}
