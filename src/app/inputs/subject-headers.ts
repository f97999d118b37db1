// What the headers of subjects' files say of a conversion that has not been made: whether it can be made, and which type its store may need.
import { checkSubjectFiles, type SubjectFile } from "../../../converters/subject-files.js";
import { InternalError } from "../../errors.js";
import type { ElementType } from "../../store/column-source.js";
import type { CachedInput } from "./cached-input.js";

export interface SubjectHeaders {
  /** Throws InputError with all problems. */
  checkSources(signal?: AbortSignal): Promise<void>;
  /** float64 where a header says that float32 may change a value; after checkSources. */
  widestType(): ElementType;
}

/** Headers are looked at once; not for what is converted already. */
export function subjectHeaders(
  { isKnown, expected }: Pick<CachedInput, "isKnown" | "expected">,
  names: readonly string[],
  paths: readonly string[],
): SubjectHeaders {
  let files: readonly SubjectFile[] | undefined;
  return {
    async checkSources(signal) {
      files ??= isKnown ? [] : await checkSubjectFiles(names, paths, expected.nElements, { signal });
    },
    widestType() {
      if (files === undefined) throw new InternalError("The headers were not looked at.");
      return files.some(({ mayNeedFloat64 }) => mayNeedFloat64) ? "f64" : expected.elementType;
    },
  };
}
