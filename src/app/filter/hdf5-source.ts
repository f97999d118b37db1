// A ModelArray file, or one that fixelstream wrote, as the source of a filter: read where it lies, and filtered into a store.
import { assertSameFile, openColumnSource } from "../../store/open-column-source.js";
import { createTurns } from "../../turns.js";
import { resolveHdf5 } from "../inputs/hdf5-input.js";
import type { FixelFilterOptions } from "./options.js";
import type { CohortSource } from "./source.js";

/** Throws as resolveHdf5: UsageError (no such scalar, no template anywhere), InputError (another layout, with the command that converts it). */
export async function openHdf5Source(options: FixelFilterOptions): Promise<CohortSource> {
  const { input: path, scalar, template, memoryBytes, command, onWarning, signal } = options;
  const how = { subjects: "-", cache: "", io: "read" as const };
  const found = await resolveHdf5({ input: path, scalar, template, memoryBytes, command, signal, ...how });
  for (const warning of found.warnings ?? []) onWarning?.(warning);
  const spec = found.expected;
  const { nFixels } = found;
  const width = Math.min(spec.blockWidth, nFixels);
  const valueBytes = spec.elementType === "f32" ? 4 : 8;
  const Values = valueBytes === 4 ? Float32Array : Float64Array;
  const turns = createTurns(signal);
  /** Of each row, once all of them were read and compared with what the file says of them. */
  let crcs: readonly number[] | undefined;
  return {
    ...{ nSubjects: found.subjects.length, nFixels, template: found.template },
    ...{ path, dataPath: path, scalar: found.scalar!, subjectNames: found.subjects },
    rowBytes: 0,
    otherBytes: found.subjects.length * width * valueBytes + 2 ** 18,
    assertUnchanged: () => assertSameFile(spec),
    async read(first, count, take) {
      crcs ??= (await found.open({ onWarning, signal })).sources.map(({ crc32 }) => crc32);
      const source = openColumnSource({ ...spec, rows: Array.from({ length: count }, (_, i) => first + i) });
      try {
        const buffer = new ArrayBuffer(count * width * valueBytes);
        for (let start = 0; start < nFixels; start += width) {
          if (turns.isDue()) await turns.take();
          const n = Math.min(width, nFixels - start);
          source.copyColumnsInto(new Uint8Array(buffer, 0, count * n * valueBytes), start, n);
          const values = new Values(buffer, 0, count * n);
          take({ firstRow: 0, nRows: count, firstFixel: start, nFixels: n, values });
        }
      } finally {
        source.close();
      }
      return crcs.slice(first, first + count);
    },
    close: () => found.close(),
  };
}
