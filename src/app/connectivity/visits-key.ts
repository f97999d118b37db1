// What the visits of streamlines depend on: a run that was stopped is continued by one with the same key.
import { createHash } from "node:crypto";
import { realpathSync, statSync } from "node:fs";
import type { GridPlan } from "../../connectivity/generate/read-grid.js";
import { openTracks } from "../../formats/tck/tracks.js";
import type { MakeConnectivityOptions } from "./options.js";

/** Paths, sizes and times of the inputs, and the options that matter. */
export function keyOfVisits(
  { tracks, weights, mask }: Pick<MakeConnectivityOptions, "tracks" | "weights" | "mask">,
  { directory }: GridPlan,
  angle: number,
): string {
  const hash = createHash("sha256");
  hash.update(`fixelstream-visits 1 angle=${angle}\n`);
  const opened = openTracks(tracks);
  opened.close();
  const files = {
    index: directory.indexPath,
    directions: directory.directionsPath,
    tracks,
    points: opened.header.dataPath,
    mask,
    weights,
  };
  for (const [role, file] of Object.entries(files)) {
    if (file === undefined) continue;
    const stat = statSync(file, { bigint: true });
    hash.update(`${role} ${realpathSync(file)} ${stat.size} ${stat.mtimeNs}\n`);
  }
  return hash.digest("hex");
}
