// fixelfilter smooth beside MRtrix3's, one thread each: the same files on a template that streamlines made; processor time of whole runs, start included.
import { mkdirSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { bundleCohort } from "../tools/bundles.mjs";
import { runChild } from "../tools/child.mjs";
import { expectSame, expectTrue } from "../tools/measure.mjs";
import { readFloats } from "../tools/mif.mjs";

const SIZES = {
  quick: { cohort: { n: 100, voxel: 4, nStreamlines: 20_000, dispersion: 0.7 }, theirs: 4, nRounds: 2 },
  full: { cohort: { n: 100, voxel: 2.2, nStreamlines: 400_000, dispersion: 0.7 }, theirs: 3, nRounds: 2 },
};

export const peerFixelFilter = {
  group: "connectivity",
  name: "fixelfilter smooth beside MRtrix3's, one thread each",
  quick: true,
  needs: "fixelfilter",
  async run(context) {
    const { cohort, theirs, nRounds } = SIZES[context.mode];
    const input = bundleCohort(context.dir, cohort);
    const at = (name) => join(input, name);
    const [few, out, peerOut] = ["few", "smooth", "smooth-peer"].map((name) => join(context.dir, name));
    const names = readdirSync(at("fd")).filter((name) => !/^(index|directions)\./.test(name));
    const remove = () => {
      for (const made of [few, out, peerOut]) rmSync(made, { recursive: true, force: true });
    };
    const best = { peer: Number.POSITIVE_INFINITY, ours: Number.POSITIVE_INFINITY };
    const connections = readFloats(join(at("matrix"), "values.mif")).length;
    let peaks;
    try {
      for (let round = 0; round < nRounds; round++) {
        remove();
        mkdirSync(few);
        for (const name of ["index.mif", "directions.mif", ...names.slice(0, theirs)])
          symlinkSync(resolve(at("fd"), name), join(few, name));
        const options = ["-matrix", at("matrix"), "-nthreads", "0"];
        const peer = await runChild("fixelfilter", [few, "smooth", peerOut, ...options, "-quiet"]);
        const tokens = ["fixelfilter", at("fd"), "smooth", out, ...options, "-quiet"];
        const ours = await context.fixelstream(tokens);
        best.peer = Math.min(best.peer, peer.cpuMs / theirs);
        best.ours = Math.min(best.ours, ours.cpuMs / names.length);
        const made = readdirSync(out).filter((name) => names.includes(name));
        expectSame("subjects", made.length, cohort.n);
        peaks = { peer: peer.peakBytes, ours: ours.peakBytes, nFixels: readFloats(join(out, names[0])).length };
        for (const name of names.slice(0, theirs)) {
          const [a, b] = [readFloats(join(out, name)), readFloats(join(peerOut, name))];
          expectTrue(`${name} is bit for bit theirs`, Buffer.from(a.buffer).equals(Buffer.from(b.buffer)));
        }
      }
    } finally {
      remove();
    }
    // a small matrix is soon read: what is left is Node's start, and the files
    const target = context.mode === "full" ? { atLeast: 20 } : { better: "more" };
    return {
      note: `${peaks.nFixels} fixels x ${Math.round(connections / peaks.nFixels)} connections; theirs: ${theirs} subjects, ours: ${names.length}; processor time, reading, writing and start included`,
      figures: [
        { name: "theirs, a subject", value: best.peer, unit: "ms" },
        { name: "ours, a subject", value: best.ours, unit: "ms" },
        { name: "theirs / ours", value: best.peer / best.ours, unit: "ratio", ...target },
        { name: "theirs, a connection and subject", value: (best.peer * 1e6) / connections, unit: "ns" },
        { name: "ours, a connection and subject", value: (best.ours * 1e6) / connections, unit: "ns" },
        { name: "peak memory, theirs", value: peaks.peer / 2 ** 20, unit: "MiB" },
        { name: "peak memory, ours", value: peaks.ours / 2 ** 20, unit: "MiB" },
      ],
    };
  },
};
