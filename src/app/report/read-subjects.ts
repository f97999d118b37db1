// Values of subjects, out of the store that the run read: in clusters, and of each subject beside the others. Bounded: large clusters and templates are
// looked at in evenly spaced elements.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { isFixelstreamError } from "../../errors.js";
import { describeSubjects } from "../../report/describe-subjects.js";
import type { DataCheck, EffectData, HypothesisData, Maybe } from "../../report/report-data.js";
import type { RunRecord } from "../../results/run-record.js";
import type { ColumnSource } from "../../store/column-source.js";
import { openColumnSource } from "../../store/open-column-source.js";
import { openStore } from "../../store/open-store.js";

/** Clusters of a hypothesis whose subjects are shown. */
const MOST_CLUSTERS = 6;
/** Elements of a cluster that are read. */
const MOST_MEMBERS = 500;
/** For the check: windows evenly spaced, and their width. */
const WINDOWS = 64;
const WINDOW_ELEMENTS = 64;

export interface SubjectValues {
  readonly effects: Maybe<readonly EffectData[]>;
  readonly check: Maybe<DataCheck>;
}

/** `hasColumns`: element i of the results is column i of the store. */
export function readSubjects(
  record: RunRecord,
  hypotheses: readonly HypothesisData[],
  hasColumns: boolean,
): SubjectValues {
  const nowhere = (missing: string): SubjectValues => ({ effects: { missing }, check: { missing } });
  const { store, subjects = [] } = record.inputs as {
    store?: { path?: string };
    subjects?: readonly { name: string }[];
  };
  const path = store?.path;
  if (path === undefined || !existsSync(join(path, "store.json")))
    return nowhere(
      `The values of subjects are read from the converted data, which are not at ${path ?? "a known place"} any more. The same command makes them again; then fixelstream report does.`,
    );
  if (!hasColumns)
    return nowhere("The mask of the run is not there any more: which column of the data is which voxel is not known.");
  let source: ColumnSource | undefined;
  try {
    const opened = openStore(path, { io: "auto", verify: false });
    const { scalar = opened.scalarNames[0]! } = record.inputs as { scalar?: string };
    const rows = rowsOf(
      opened.subjectNames(scalar),
      subjects.map(({ name }) => name),
    );
    if (rows === undefined) return nowhere(`The subjects of the run are not those of ${path} any more.`);
    source = openColumnSource(opened.spec(scalar, rows));
    return {
      effects: { found: effectsOf(source, hypotheses) },
      check: {
        found: checkOf(
          source,
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

/** f64 [nRows x count], row-major. */
function columnsOf(source: ColumnSource, first: number, count: number): Float64Array {
  const isWide = source.spec.elementType === "f64";
  const bytes = new Uint8Array(source.nRows * count * (isWide ? 8 : 4));
  source.copyColumnsInto(bytes, first, count);
  return isWide ? new Float64Array(bytes.buffer) : Float64Array.from(new Float32Array(bytes.buffer));
}

function effectsOf(source: ColumnSource, hypotheses: readonly HypothesisData[]): EffectData[] {
  return hypotheses.flatMap((h) =>
    h.clusters.slice(0, MOST_CLUSTERS).flatMap(({ id, members, peak }) => {
      const few = evenly(members, MOST_MEMBERS);
      const of = few.length === members.length ? "" : ` (${few.length} of its ${members.length} elements)`;
      return [
        { hypothesis: h.name, cluster: id, isPeak: false, what: `cluster ${id}${of}`, values: meansOf(source, few) },
        {
          hypothesis: h.name,
          cluster: id,
          isPeak: true,
          what: `peak of cluster ${id}`,
          values: meansOf(source, [peak]),
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
function meansOf(source: ColumnSource, elements: readonly number[]): number[] {
  const sums = new Float64Array(source.nRows);
  const counts = new Uint32Array(source.nRows);
  for (let i = 0; i < elements.length; ) {
    let end = i + 1;
    while (end < elements.length && elements[end] === elements[end - 1]! + 1) end++;
    const values = columnsOf(source, elements[i]!, end - i);
    for (const [j, value] of values.entries()) {
      if (!Number.isFinite(value)) continue;
      const row = Math.floor(j / (end - i));
      sums[row]! += value;
      counts[row]!++;
    }
    i = end;
  }
  return Array.from(sums, (sum, row) => sum / counts[row]!);
}

function checkOf(source: ColumnSource, names: readonly string[]): DataCheck {
  const { nElements, nRows } = source;
  const isSmall = nElements <= WINDOWS * WINDOW_ELEMENTS;
  const windows = isSmall
    ? [[0, nElements] as const]
    : Array.from(
        { length: WINDOWS },
        (_, i) => [Math.floor((i * (nElements - WINDOW_ELEMENTS)) / (WINDOWS - 1)), WINDOW_ELEMENTS] as const,
      );
  const nLookedAt = windows.reduce((sum, [, n]) => sum + n, 0);
  const rows = Array.from({ length: nRows }, () => new Float64Array(nLookedAt));
  let next = 0;
  for (const [first, n] of windows) {
    const values = columnsOf(source, first, n);
    for (const [r, row] of rows.entries()) row.set(values.subarray(r * n, (r + 1) * n), next);
    next += n;
  }
  return { nLookedAt, subjects: describeSubjects(rows, names) };
}
