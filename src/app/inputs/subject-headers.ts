// What the headers of subjects' files say of a conversion that has not been made: whether it can be made, and which type its store may need.
import { checkSubjectFiles, type SubjectFile } from "../../../converters/subject-files.js";
import type { ElementType } from "../../store/column-source.js";
import type { CachedInput } from "./cached-input.js";

export interface SubjectHeaders {
  /** Throws InputError with all problems. */
  checkSources(): void;
  /** float64 where a header says that float32 may change a value. Throws as checkSources. */
  widestType(): ElementType;
}

/** Headers are looked at once, when that is first asked for; not for what is converted already. */
export function subjectHeaders(
  { isKnown, expected }: Pick<CachedInput, "isKnown" | "expected">,
  names: readonly string[],
  paths: readonly string[],
): SubjectHeaders {
  let files: readonly SubjectFile[] | undefined;
  const look = () => {
    files ??= isKnown ? [] : checkSubjectFiles(names, paths, expected.nElements);
    return files;
  };
  return {
    checkSources: () => void look(),
    widestType: () => (look().some(({ mayNeedFloat64 }) => mayNeedFloat64) ? "f64" : expected.elementType),
  };
}
