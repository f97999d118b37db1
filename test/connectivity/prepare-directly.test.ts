// A matrix that is prepared while it is made: what an analysis would prepare from the directory, byte for byte, and so not again.
import fs from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { makeConnectivity } from "../../src/app/connectivity/make-connectivity.js";
import { prepareConnectivity } from "../../src/connectivity/prepare-connectivity.js";
import { makeTracks, writeTracks } from "../support/make-tracks.js";
import { deadId, plantLock } from "../support/partials.js";
import { makeTemporaryDirectory } from "../support/peer.js";

const MiB = 2 ** 20;

it.each([
  // more fixels than are looked at together, most of them without any streamline
  { mostFixels: 60, nStreamlines: 900, nThreads: 2, extra: {} },
  { mostFixels: 2, nStreamlines: 300, nThreads: 0, extra: { threshold: 0 } },
])("of $mostFixels fixels a voxel", async ({ mostFixels, nStreamlines, nThreads, extra }) => {
  const folder = makeTemporaryDirectory();
  const at = (...names: string[]) => path.join(folder, ...names);
  const made = makeTracks({ seed: 50, step: 1, voxelSizes: [2, 2, 2], mostFixels, nStreamlines });
  writeTracks(folder, made, 1);
  // of a run killed while it had another matrix published, to whose entry nobody comes back
  const entry = at("cache", `${"0b".repeat(12)}.fxc`);
  fs.mkdirSync(at("cache"));
  plantLock(entry, deadId());
  fs.writeFileSync(`${entry}.used-${deadId()}`, '{"format":"fixelstream-use"}');
  const common = { memoryBytes: 64 * MiB, force: false, command: "fixelstream fixelconnectivity", nThreads };
  const inputs = { fixelDirectory: at("fixels"), tracks: at("tracks.tck"), output: at("matrix"), ...extra };
  const { prepared } = await makeConnectivity({ ...common, ...inputs, prepareIn: at("cache") });
  const { nFixels } = made.fixels;
  const wanted = { directory: at("matrix"), nFixels, nElements: nFixels, elementOfFixel: undefined, exponent: 0.5 };
  const used = await prepareConnectivity({ ...wanted, cache: at("cache") });
  expect(used).toMatchObject({ reused: true, path: prepared });
  const again = await prepareConnectivity({ ...wanted, cache: at("other") });
  expect(again.reused).toBe(false);
  expect(path.basename(again.path)).toBe(path.basename(used.path));
  expect(fs.readdirSync(used.path).sort()).toEqual(fs.readdirSync(again.path).sort());
  for (const name of fs.readdirSync(again.path))
    expect(fs.readFileSync(path.join(used.path, name)).equals(fs.readFileSync(path.join(again.path, name)))).toBe(true);
  used.release();
  again.release();
  expect(fs.readdirSync(at("cache"))).toEqual([path.basename(used.path)]);
});

it("nothing of it stays when the matrix is not made", async () => {
  const folder = makeTemporaryDirectory();
  const at = (...names: string[]) => path.join(folder, ...names);
  writeTracks(folder, makeTracks({ seed: 51, step: 1, voxelSizes: [2, 2, 2], mostFixels: 2, nStreamlines: 0 }), 1);
  const inputs = {
    fixelDirectory: at("fixels"),
    tracks: at("tracks.tck"),
    output: at("matrix"),
    prepareIn: at("cache"),
  };
  const common = { memoryBytes: 64 * MiB, nThreads: 0, force: false, command: "fixelstream fixelconnectivity" };
  await expect(makeConnectivity({ ...common, ...inputs })).rejects.toThrow("got no streamline");
  expect(fs.readdirSync(folder).sort()).toEqual(["cache", "fixels", "tracks.tck"]);
  expect(fs.readdirSync(at("cache"))).toEqual([]);
});

it("a cache that goes away in the last moment costs no matrix, and that is said", async () => {
  const folder = makeTemporaryDirectory();
  const at = (...names: string[]) => path.join(folder, ...names);
  writeTracks(folder, makeTracks({ seed: 52, step: 1, voxelSizes: [2, 2, 2], mostFixels: 2, nStreamlines: 60 }), 1);
  const inputs = {
    ...{ fixelDirectory: at("fixels"), tracks: at("tracks.tck"), output: at("matrix"), prepareIn: at("cache") },
    ...{ memoryBytes: 64 * MiB, nThreads: 0, force: false, command: "fixelstream fixelconnectivity" },
    onProgress: (phase: string, share: number) => {
      if (phase === "count" && share === 1) fs.rmSync(at("cache"), { recursive: true });
    },
  };
  await expect(makeConnectivity(inputs)).rejects.toThrow(
    `Cannot keep the prepared connectivity in ${at("cache")}: expected a disk with room and a directory that can be written, got no such file. Make room, or choose another place with --cache. The matrix is made: ${at("matrix")}. Analyses prepare it themselves.`,
  );
  expect(fs.readdirSync(folder).sort()).toEqual(["fixels", "matrix", "tracks.tck"]);
  expect(fs.readdirSync(at("matrix")).sort()).toEqual(["fixels.mif", "index.mif", "values.mif"]);
});
