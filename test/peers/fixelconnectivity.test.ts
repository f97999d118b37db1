// fixelconnectivity beside MRtrix3's on ten random templates, oblique and anisotropic: indices, values, counts and places are the same bits.
import path from "node:path";
import { describe, expect, it } from "vitest";
import { runInProcess } from "../support/in-process-cli.js";
import { TRACKS_CASES } from "../support/make-tracks.js";
import { hasCommand, readSmallConnectivity, readSmallImage } from "../support/peer.js";
import {
  layOutCase,
  readStored,
  runPeer,
  type SmallMatrix,
  STORED_STREAMLINES,
  writeStored,
} from "../support/peer-connectivity.js";

const isInstalled = hasCommand("fixelconnectivity");

describe.skipIf(!isInstalled)("beside MRtrix3", () => {
  it.each(TRACKS_CASES)("case $seed", async (options) => {
    const laid = layOutCase(options, 600);
    const theirs = runPeer(laid);
    const { status, stderr } = await runInProcess(["fixelconnectivity", ...laid.tokens("ours"), "-nthreads", "2"]);
    expect(status, stderr).toBe(0);
    const ours = readSmallConnectivity(path.join(laid.folder, "ours"));
    expect(ours).toEqual(theirs);
    expect(theirs.values.length).toBeGreaterThan(100);
    for (const name of ["index.mif", "fixels.mif", "values.mif"]) {
      const [one, other] = ["ours", "peer"].map((matrix) => readSmallImage(path.join(laid.folder, matrix, name)).keys);
      const { command_history: _, file: __, mrtrix_version: ___, ...keys } = other!;
      expect(one).toMatchObject(keys);
    }
  });

  it("the stored answers are those of today", () => {
    const matrices = new Map(
      TRACKS_CASES.map(
        (options) => [options.seed, runPeer(layOutCase(options, STORED_STREAMLINES))] as [number, SmallMatrix],
      ),
    );
    if (process.env["PEER_WRITE"] !== undefined) writeStored(matrices);
    expect(readStored()).toEqual(matrices);
  });
});
