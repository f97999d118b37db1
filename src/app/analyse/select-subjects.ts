// A part of an input's subjects: whatever it is opened as, only their rows are seen.

import { UsageError } from "../../errors.js";
import type { ColumnSourceSpec } from "../../store/column-source.js";
import { selectRows } from "../../store/select-rows.js";
import type { ColumnInput, DataInput, SourceChecksum } from "./data-input.js";
import type { InputFiles } from "./input-files.js";

interface Opened {
  readonly spec: ColumnSourceSpec;
  readonly sources: readonly SourceChecksum[];
}

/** `rows`: places among the input's subjects, in the order that is wanted. */
export function selectSubjects<Input extends DataInput>(input: Input, rows: readonly number[]): Input {
  return {
    ...input,
    nSubjects: rows.length,
    subjects: input.subjects && rows.map((row) => input.subjects![row]!),
    expected: withRows(input.expected, rows),
    checkSources: (signal?: AbortSignal) => input.checkSources(signal),
    widestType: () => input.widestType(),
    open: async (events?: Parameters<Input["open"]>[0]) => chosen(await input.open(events), rows),
    close: () => input.close(),
  };
}

/**
 * Who is named in `list`, in its order; undefined: all. Throws InputError: names that the input does not have, or that are listed twice; UsageError: an input
 * without names.
 */
export async function takeListed<Input extends DataInput>(
  input: Input,
  list: string | undefined,
  files: InputFiles,
): Promise<Input> {
  if (list === undefined) return input;
  const { subjects, subjectsFrom } = input;
  if (subjects === undefined) {
    throw new UsageError(
      `Cannot use --subjects with ${subjectsFrom}: expected names of subjects in it, got values without names. Leave --subjects out, and give the rows of those who take part alone.`,
    );
  }
  const names = await files.list("selection", list);
  const rows = selectRows(names, subjects, { listPath: list, storePath: subjectsFrom });
  return { ...selectSubjects(input, rows), subjectsFrom: list };
}

/** For takeListed, of an element-wise regressor: a store or a ModelArray file has its subjects' names; a list of files has one a subject that takes part. */
export const listOf = (
  { subjects }: { readonly subjects?: string | undefined },
  { scalar }: Pick<DataInput, "scalar">,
) => (scalar === undefined ? undefined : subjects);

/** As selectSubjects, of an element-wise regressor. */
export function selectColumnSubjects(input: ColumnInput, rows: readonly number[]): ColumnInput {
  return {
    ...input,
    expected: withRows(input.expected, rows),
    checkSources: (signal) => input.checkSources(signal),
    widestType: () => input.widestType(),
    open: async (events) => chosen(await input.open(events), rows),
    close: () => input.close(),
  };
}

const chosen = <Part extends Opened>(opened: Part, rows: readonly number[]): Part => ({
  ...opened,
  spec: withRows(opened.spec, rows),
  sources: rows.map((row) => opened.sources[row]!),
});

const withRows = (spec: ColumnSourceSpec, rows: readonly number[]): ColumnSourceSpec => ({
  ...spec,
  rows: rows.map((row) => spec.rows?.[row] ?? row),
});
