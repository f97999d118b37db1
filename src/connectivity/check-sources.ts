// That a prepared matrix was made of the numbers that the files hold now: they are read again as they were then, and nothing is made of them.
import { crc32 } from "node:zlib";
import { formatCrc32 } from "../checksum.js";
import { InputError } from "../errors.js";
import { createTurns } from "../turns.js";
import type { ConnectivityManifest } from "./manifest.js";
import type { MatrixDirectory } from "./matrix-directory.js";
import { WINDOW_FIXELS } from "./prepared-files.js";
import { createRowReader, type PreparedContents } from "./write-prepared.js";

/** Throws InputError naming the files that hold other numbers, or the reason of the signal. */
export async function assertPreparedFrom(
  matrix: MatrixDirectory,
  inputs: Pick<PreparedContents, "nFixels" | "elementOfFixel" | "signal">,
  { sources }: Pick<ConnectivityManifest, "sources">,
): Promise<void> {
  const got = await checksumNumbers(matrix, inputs);
  const problems = (["index", "fixels", "values"] as const).flatMap((name) => {
    const expected = sources[name].contentCrc32;
    if (got[name] === expected) return [];
    return [
      `Cannot use ${matrix.files[name]}: expected the numbers that were prepared, CRC-32 ${formatCrc32(expected)}, got others (${formatCrc32(got[name])}), though its size and time are the same. It is damaged: restore it. If it was changed on purpose, give it a new time (touch), and it is prepared again.`,
    ];
  });
  if (problems.length > 0) throw new InputError(problems.join("\n"), { path: matrix.path });
}

/** As writePrepared reads them. */
async function checksumNumbers(
  matrix: MatrixDirectory,
  { nFixels, elementOfFixel, signal }: Pick<PreparedContents, "nFixels" | "elementOfFixel" | "signal">,
): Promise<{ index: number; fixels: number; values: number }> {
  const turns = createTurns(signal);
  const crcs = { index: 0, fixels: 0, values: 0 };
  const counts = new Float64Array(WINDOW_FIXELS);
  const firsts = new Float64Array(WINDOW_FIXELS);
  const row = createRowReader(matrix, crcs);
  for (let f0 = 0; f0 < nFixels; f0 += WINDOW_FIXELS) {
    const nRows = Math.min(WINDOW_FIXELS, nFixels - f0);
    matrix.copyRowsInto(counts, firsts, f0, nRows);
    crcs.index = crc32(new Uint8Array(counts.buffer, 0, nRows * 8), crcs.index);
    crcs.index = crc32(new Uint8Array(firsts.buffer, 0, nRows * 8), crcs.index);
    for (let i = 0; i < nRows; i++) {
      if (turns.isDue()) await turns.take();
      if (elementOfFixel !== undefined && elementOfFixel[f0 + i]! < 0) continue;
      // other numbers than were prepared may point anywhere
      if (firsts[i]! + counts[i]! > matrix.nConnections) return crcs;
      row.forEach(firsts[i]!, counts[i]!, () => {});
    }
  }
  return crcs;
}
