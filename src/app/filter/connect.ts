// Clusters of connected fixels above a threshold, image by image. Connections that are strong enough are looked up once for all images.
import { openStrongNeighbours } from "../../connectivity/strong-neighbours.js";
import { BudgetError } from "../../errors.js";
import { labelClusters } from "../../stats/filter/connected-components.js";
import { createTurns, inTurns } from "../../turns.js";
import { formatBytes, formatCount } from "../../units.js";
import type { FilterFigures, FilterWork } from "./source.js";

/** Bytes a fixel: value, label, place on the stack; has a connection, is inside the mask; counts of connections. */
const ROW_BYTES = 3 * 4 + 2 + 8;

export async function connect({ options, source, target, rows, inside }: FilterWork): Promise<FilterFigures> {
  const { matrix: directory, memoryBytes, onProgress, signal } = options;
  const { nFixels } = source;
  const besideBytes = (ROW_BYTES + source.rowBytes + target.rowBytes) * nFixels + source.otherBytes + target.otherBytes;
  const least = besideBytes + 8 * rows.maxRowConnections;
  if (memoryBytes < least) {
    throw new BudgetError(
      `Cannot filter ${formatCount(nFixels, "fixels")} in ${formatBytes(memoryBytes)}: expected at least ${formatBytes(least)}. Give --memory ${Math.ceil(least / 2 ** 20)}MiB or more.`,
      { neededBytes: least, givenBytes: memoryBytes },
    );
  }
  const neighbours = await openStrongNeighbours({
    ...{ directory, nFixels, inside, signal, maxRowConnections: rows.maxRowConnections },
    least: Math.fround(options.thresholdConnectivity),
    memoryBytes: memoryBytes - besideBytes,
    onProgress: (share) => onProgress?.("matrix", share),
  });
  const turns = createTurns(signal);
  const clusters: number[][] = [];
  let nResumed = 0;
  try {
    const runs = await target.open(source.nSubjects);
    const subjects = runs.flatMap(({ first, count }) => Array.from({ length: count }, (_, i) => first + i));
    nResumed = source.nSubjects - subjects.length;
    const values = new Float32Array(nFixels);
    const labels = new Float32Array(nFixels);
    for (const [i, subject] of subjects.entries()) {
      const [crc] = await source.read(subject, 1, (part) => values.set(part.values, part.firstFixel));
      const inputs = {
        ...{ values, least: Math.fround(options.thresholdValue) },
        forEachNeighbour: neighbours.forEach,
      };
      clusters.push(await inTurns(labelClusters(inputs, labels), turns));
      await target.write(subject, labels, crc!);
      onProgress?.("connect", (i + 1) / subjects.length);
    }
  } finally {
    neighbours.close();
  }
  const heldBytes = besideBytes + neighbours.heldBytes;
  return { nFilledIn: 0, nNotFinite: 0, nResumed, clusters, groupSize: 1, heldBytes };
}
