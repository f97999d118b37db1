// Values of subjects, out of the data that the run read: in clusters, and of each subject beside the others. Bounded: large clusters and templates are
// looked at in evenly spaced elements.
import { isFixelstreamError } from "../../errors.js";
import { describeSubjects } from "../../report/describe-subjects.js";
import type { DataCheck, EffectData, HypothesisData, Maybe } from "../../report/report-data.js";
import type { ColumnSource } from "../../store/column-source.js";
import { openColumnSource } from "../../store/open-column-source.js";
import { type HeldColumns, holdColumns } from "./held-columns.js";
import { findSubjectSource } from "./subject-source.js";

/** Clusters of a hypothesis whose subjects are shown. */
const MOST_CLUSTERS = 6;
/** Elements of a cluster that are read. */
const MOST_MEMBERS = 500;
/** For the check: windows evenly spaced, and their width. */
const WINDOWS = 64;
const WINDOW_ELEMENTS = 64;

/** As run.json has them. */
export interface SubjectInputs {
  readonly store?: { readonly path?: string | undefined };
  readonly scalar?: string | undefined;
  readonly subjects?: readonly { readonly name: string }[];
}

export interface SubjectValues {
  readonly effects: Maybe<readonly EffectData[]>;
  readonly check: Maybe<DataCheck>;
  /** Of each element how many subjects have no finite value; undefined: not counted. */
  readonly missingCounts?: Float32Array | undefined;
}

/** `hasColumns`: element i of the results is column i of the data. Throws the reason of `signal`. */
export async function readSubjects(
  { store, scalar, subjects = [] }: SubjectInputs,
  hypotheses: readonly HypothesisData[],
  { hasColumns, nElements, signal }: { hasColumns: boolean; nElements: number; signal?: AbortSignal | undefined },
): Promise<SubjectValues> {
  const nowhere = (missing: string): SubjectValues => ({ effects: { missing }, check: { missing } });
  if (!hasColumns)
    return nowhere("The mask of the run is not there any more: which column of the data is which voxel is not known.");
  let source: ColumnSource | undefined;
  try {
    const found = await findSubjectSource(store?.path, scalar, signal);
    if ("missing" in found) return nowhere(found.missing);
    const rows = rowsOf(
      found.names,
      subjects.map(({ name }) => name),
    );
    if (rows === undefined) return nowhere(`The subjects of the run are not those of ${store?.path} any more.`);
    source = openColumnSource(found.spec(rows));
    if (source.nElements !== nElements)
      return nowhere(`${store?.path} has ${source.nElements} elements now; the run had ${nElements}.`);
    const columns = holdColumns(source);
    return {
      effects: { found: effectsOf(columns, hypotheses) },
      missingCounts: missingOf(columns),
      check: {
        found: checkOf(
          columns,
          subjects.map(({ name }) => name),
        ),
      },
    };
  } catch (error) {
    if (!isFixelstreamError(error)) throw error;
    return nowhere(error.message);
  } finally {
    source?.close();
  }
}

/** In the order of the run; undefined: somebody is missing. */
function rowsOf(names: readonly string[], wanted: readonly string[]): number[] | undefined {
  const places = new Map<string, number[]>();
  for (const [row, name] of names.entries()) places.set(name, [...(places.get(name) ?? []), row]);
  // a subject that is listed twice is read twice
  const rows = wanted.map((name) => {
    const left = places.get(name);
    return left === undefined ? undefined : left.length > 1 ? left.shift() : left[0];
  });
  return rows.every((row) => row !== undefined) ? rows : undefined;
}

function effectsOf(columns: HeldColumns, hypotheses: readonly HypothesisData[]): EffectData[] {
  return hypotheses.flatMap((h) =>
    h.clusters.slice(0, MOST_CLUSTERS).flatMap(({ id, members, peak }) => {
      const few = evenly(members, MOST_MEMBERS);
      const of = few.length === members.length ? "" : ` (${few.length} of its ${members.length} elements)`;
      return [
        { hypothesis: h.name, cluster: id, isPeak: false, what: `cluster ${id}${of}`, values: meansOf(columns, few) },
        {
          hypothesis: h.name,
          cluster: id,
          isPeak: true,
          what: `peak of cluster ${id}`,
          values: meansOf(columns, [peak]),
        },
      ];
    }),
  );
}

const evenly = (members: Uint32Array, most: number): number[] => {
  const n = Math.min(most, members.length);
  return Array.from({ length: n }, (_, i) => members[Math.floor((i * members.length) / n)]!);
};

/** Of each subject, over those of the elements where it has a value. */
function meansOf(columns: HeldColumns, elements: readonly number[]): number[] {
  const { nRows } = columns;
  const sums = new Float64Array(nRows);
  const counts = new Uint32Array(nRows);
  for (let i = 0; i < elements.length; ) {
    let end = i + 1;
    while (end < elements.length && elements[end] === elements[end - 1]! + 1) end++;
    for (const { values, stride, start, count } of columns.pieces(elements[i]!, end - i)) {
      for (let row = 0; row < nRows; row++)
        for (let j = 0, at = row * stride + start; j < count; j++, at++) {
          const value = values[at]!;
          if (!Number.isFinite(value)) continue;
          sums[row]! += value;
          counts[row]!++;
        }
    }
    i = end;
  }
  return Array.from(sums, (sum, row) => sum / counts[row]!);
}

/** Values that are read for that: 256 MB of them, a fraction of a second. */
const MOST_COUNTED = 64e6;
const COUNTED_ELEMENTS = 4096;

function missingOf(columns: HeldColumns): Float32Array | undefined {
  const { nElements, nRows } = columns;
  if (nElements * nRows > MOST_COUNTED) return undefined;
  const counts = new Float32Array(nElements);
  for (let first = 0; first < nElements; first += COUNTED_ELEMENTS) {
    let next = first;
    for (const { values, stride, start, count } of columns.pieces(
      first,
      Math.min(COUNTED_ELEMENTS, nElements - first),
    )) {
      for (let row = 0; row < nRows; row++)
        for (let j = 0, at = row * stride + start; j < count; j++, at++)
          if (!Number.isFinite(values[at]!)) counts[next + j]!++;
      next += count;
    }
  }
  return counts;
}

function checkOf(columns: HeldColumns, names: readonly string[]): DataCheck {
  const { nElements, nRows } = columns;
  const isSmall = nElements <= WINDOWS * WINDOW_ELEMENTS;
  const windows = isSmall
    ? [[0, nElements] as const]
    : Array.from(
        { length: WINDOWS },
        (_, i) => [Math.floor((i * (nElements - WINDOW_ELEMENTS)) / (WINDOWS - 1)), WINDOW_ELEMENTS] as const,
      );
  const nLookedAt = windows.reduce((sum, [, n]) => sum + n, 0);
  let rows: (Float32Array | Float64Array)[] | undefined;
  let next = 0;
  for (const [first, n] of windows) {
    for (const { values, stride, start, count } of columns.pieces(first, n)) {
      rows ??= Array.from({ length: nRows }, () =>
        values instanceof Float64Array ? new Float64Array(nLookedAt) : new Float32Array(nLookedAt),
      );
      for (const [r, row] of rows.entries())
        for (let j = 0, at = r * stride + start; j < count; j++, at++) row[next + j] = values[at]!;
      next += count;
    }
  }
  return { nLookedAt, subjects: describeSubjects(rows ?? [], names) };
}
