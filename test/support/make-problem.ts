// Small whole problems on disk: a cohort, a design, contrasts and a connectivity, all from one seed.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { rawFixelData, rawMif, writeCohort } from "./make-cohort.js";
import type { SeededRandom } from "./seeded-random.js";

export interface Problem {
  readonly directory: string;
  readonly nSubjects: number;
  readonly nFixels: number;
  /** [n][m] as float32. */
  readonly data: readonly Float32Array[];
  readonly connectivity: { count: number[]; offset: number[]; fixels: number[]; values: number[] };
}

export interface ProblemSize {
  readonly nSubjects: number;
  readonly nFixels: number;
  /** Connections of a fixel at most; some have none. */
  readonly nConnections: number;
  /** Added to all values; spread is 1. */
  readonly mean?: number;
}

/** Files: the template, one file a subject, subjects.txt and matrix/, all in `directory`. */
export function writeProblem(directory: string, size: ProblemSize, random: SeededRandom): Problem {
  const { nSubjects, nFixels, nConnections, mean = 0 } = size;
  const data = Array.from({ length: nSubjects }, () =>
    Float32Array.from({ length: nFixels }, () => mean + random.normal()),
  );
  writeCohort(
    directory,
    nFixels,
    data.map((values, i) => [`sub-${String(i).padStart(3, "0")}.mif`, rawFixelData(values)] as const),
  );
  const connectivity: Problem["connectivity"] = { count: [], offset: [], fixels: [], values: [] };
  for (let f = 0; f < nFixels; f++) {
    const count = f === 0 ? 2 : random.integer(nConnections + 1);
    const connected = new Set(Array.from({ length: count }, () => random.integer(nFixels)));
    if (count > 0) connected.add(f);
    connectivity.offset.push(connectivity.fixels.length);
    connectivity.count.push(connected.size);
    for (const to of [...connected].sort((a, b) => a - b)) {
      connectivity.fixels.push(to);
      connectivity.values.push(to === f ? 1 : Math.fround(random.uniform()));
    }
  }
  writeMatrixDirectory(join(directory, "matrix"), connectivity);
  return { directory, nSubjects, nFixels, data, connectivity };
}

/** MRtrix3's connectivity directory: index interleaved (+1,+2,+3,+0 is what fixelconnectivity writes; here planar, which is as valid). */
export function writeMatrixDirectory(path: string, c: Problem["connectivity"]): void {
  mkdirSync(path, { recursive: true });
  const bytes = (array: BigUint64Array | Uint32Array | Float32Array) => new Uint8Array(array.buffer);
  const index = BigUint64Array.from([...c.count, ...c.offset].map(BigInt));
  writeFileSync(join(path, "index.mif"), rawMif([c.count.length, 1, 1, 2], "UInt64LE", bytes(index)));
  writeFileSync(
    join(path, "fixels.mif"),
    rawMif([c.fixels.length, 1, 1], "UInt32LE", bytes(Uint32Array.from(c.fixels))),
  );
  writeFileSync(
    join(path, "values.mif"),
    rawMif([c.values.length, 1, 1], "Float32LE", bytes(Float32Array.from(c.values))),
  );
}

export function writeRows(path: string, rows: readonly (readonly number[])[]): string {
  writeFileSync(path, `${rows.map((row) => row.join(" ")).join("\n")}\n`);
  return path;
}
