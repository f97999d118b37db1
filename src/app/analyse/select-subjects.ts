// A part of an input's subjects: whatever it is opened as, only their rows are seen.
import type { ColumnSourceSpec } from "../../store/column-source.js";
import type { ColumnInput, DataInput, SourceChecksum } from "./data-input.js";

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
