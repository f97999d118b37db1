// What MRtrix3's fixelconnectivity makes of the ten random cases: run where it is installed, and stored of fewer streamlines.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { type MadeTracks, makeTracks, type TRACKS_CASES, writeTracks } from "./make-tracks.js";
import { fixturesDirectory, makeTemporaryDirectory, readSmallConnectivity } from "./peer.js";

export type ConnectivityCase = (typeof TRACKS_CASES)[number];

export interface LaidCase {
  readonly folder: string;
  readonly made: MadeTracks;
  /** Tokens after the name of the command; the matrix comes out under that name. */
  tokens(matrix: string): string[];
}

export function layOutCase(options: ConnectivityCase, nStreamlines: number): LaidCase {
  const folder = makeTemporaryDirectory();
  const made = makeTracks({ ...options, nStreamlines });
  writeTracks(folder, made, options.step);
  const at = (name: string) => path.join(folder, name);
  const { angle, masked } = options;
  const mask = masked === true ? ["-mask", at("fixels/mask.mif")] : [];
  return {
    folder,
    made,
    tokens: (matrix) => [
      ...[at("fixels"), at("tracks.tck"), at(matrix), "-quiet", ...mask],
      ...(angle === undefined ? [] : ["-angle", String(angle)]),
    ],
  };
}

export type SmallMatrix = ReturnType<typeof readSmallConnectivity>;

/** MRtrix3's own. */
export function runPeer(laid: LaidCase): SmallMatrix {
  execFileSync("fixelconnectivity", laid.tokens("peer"), { stdio: "pipe" });
  return readSmallConnectivity(path.join(laid.folder, "peer"));
}

// ------------------------------------------------------------------------------------------------------------------------- stored

/** Of the stored cases. */
export const STORED_STREAMLINES = 150;
const stored = path.join(fixturesDirectory, "peers", "mrtrix3-3.0.3", "fixelconnectivity.json");

interface StoredCase {
  readonly seed: number;
  readonly counts: number[];
  /** Base64 of u32 and f32, little-endian. */
  readonly fixels: string;
  readonly values: string;
}

export function writeStored(matrices: ReadonlyMap<number, SmallMatrix>): void {
  const packed = (array: Uint32Array | Float32Array) => Buffer.from(array.buffer).toString("base64");
  const cases = [...matrices].map(
    ([seed, { count, fixels, values }]): StoredCase => ({
      seed,
      counts: Array.from(count),
      fixels: packed(Uint32Array.from(fixels)),
      values: packed(Float32Array.from(values)),
    }),
  );
  const lines = cases.map((one) => `    ${JSON.stringify(one)}`);
  const head = `{\n  "tool": "MRtrix3 fixelconnectivity",\n  "version": "3.0.3",\n  "nStreamlines": ${STORED_STREAMLINES},\n`;
  fs.writeFileSync(stored, `${head}  "cases": [\n${lines.join(",\n")}\n  ]\n}\n`);
}

export function readStored(): Map<number, SmallMatrix> {
  const { cases } = JSON.parse(fs.readFileSync(stored, "utf8")) as { cases: StoredCase[] };
  const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, "base64")).buffer;
  return new Map(
    cases.map(({ seed, counts, fixels, values }) => {
      let place = 0;
      const offset = counts.map((count) => {
        place += count;
        return count === 0 ? 0 : place - count;
      });
      return [
        seed,
        {
          count: Float64Array.from(counts),
          offset: Float64Array.from(offset),
          fixels: Float64Array.from(new Uint32Array(bytesOf(fixels))),
          values: Float64Array.from(new Float32Array(bytesOf(values))),
        },
      ];
    }),
  );
}
