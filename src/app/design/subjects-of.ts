// Whose rows a design has, in the order of what is analysed: a list, a store or a ModelArray file.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { InputError, UsageError } from "../../errors.js";
import { isHdf5Path } from "../../formats/hdf5/hdf5-path.js";
import type { TextOptions } from "../../formats/text/read-text.js";
import { readSubjectList } from "../../formats/text/subject-list.js";
import { openStore } from "../../store/open-store.js";
import { listNames } from "../../subject-names.js";

/** Throws InputError as what is read, and for names that no list can hold; UsageError for a scalar that is not there. */
export async function subjectsOf(
  from: string,
  scalar: string | undefined,
  options: TextOptions,
): Promise<readonly string[]> {
  const subjects = await namesIn(from, scalar, options);
  const bad = subjects.find((name) => name.trim() === "" || /[\r\n]/.test(name));
  if (bad === undefined) return subjects;
  throw new InputError(
    `Cannot use the subjects of ${from}: expected names of one line each, got ${JSON.stringify(bad.slice(0, 200))}. Rename it.`,
    { path: from },
  );
}

async function namesIn(from: string, scalar: string | undefined, options: TextOptions): Promise<readonly string[]> {
  if (isHdf5Path(from)) {
    const { openHdf5 } = await import("../../formats/hdf5/open.js");
    const { describeScalar, listScalars } = await import("../../formats/hdf5/modelarray-layout.js");
    const file = await openHdf5(from);
    try {
      const name = chosen(await listScalars(file), scalar, from);
      return (await describeScalar(file, name)).subjectNames;
    } finally {
      await file.close();
    }
  }
  if (existsSync(join(from, "store.json")) || /\.fxs\/?$/.test(from)) {
    const store = openStore(from, { io: "auto", verify: false });
    try {
      return store.subjectNames(chosen(store.scalarNames, scalar, from));
    } finally {
      store.close();
    }
  }
  return await readSubjectList(from, options);
}

function chosen(names: readonly string[], scalar: string | undefined, from: string): string {
  const found =
    scalar === undefined ? (names.find((name) => name === "FD") ?? names[0]) : names.find((name) => name === scalar);
  if (found !== undefined) return found;
  throw new UsageError(
    `Cannot use scalar ${scalar ?? "(none)"}: ${from} holds ${names.length === 0 ? "none" : listNames(names, 20)}. Choose one with --scalar.`,
  );
}
