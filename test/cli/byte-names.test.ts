// Names that are no UTF-8: a byte that fits no character is kept, from the command line to the disk and back. Needs the built program.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { expect, test } from "vitest";
import { toName, toPath } from "../../src/byte-names.js";
import { newAnalysis } from "../support/expect-refusal.js";
import { makeTracks, writeTracks } from "../support/make-tracks.js";
import { builtCommand } from "../support/run-cli.js";

test("a name keeps all its bytes as text, and is as it was where all is UTF-8", () => {
  for (const bytes of [
    [0x61, 0xff, 0x62],
    [0xc3],
    [0xf0, 0x9f, 0x92, 0xa9, 0x80],
    [0xed, 0xb2, 0x80],
    [0xef, 0xbb, 0xbf],
  ])
    expect([...Buffer.from(toPath(toName(Uint8Array.from(bytes))))]).toEqual(bytes);
  for (const text of ["plain", "Bücher/é", "💩.fxs", "\ufffd"]) {
    expect(toName(Buffer.from(text))).toBe(text);
    expect(toPath(text)).toBe(text);
  }
});

test.skipIf(process.platform !== "linux" || !fs.existsSync(builtCommand))(
  "inputs and outputs of such names are what they are called",
  { timeout: 120_000 },
  () => {
    const input = newAnalysis();
    const run = (line: string) => {
      const script = `b=$(printf '\\377'); exec node "$F" ${line}`;
      const { status, stderr } = spawnSync("sh", ["-c", script], {
        cwd: input.root,
        encoding: "utf8",
        env: { ...process.env, F: builtCommand },
      });
      return { status, stderr };
    };
    const names = () =>
      fs
        .readdirSync(input.root, "buffer")
        .map((name) => name.toString("latin1"))
        .filter((name) => name.includes("\xff"))
        .sort();
    const fine = { status: 0, stderr: "" };
    const quick = "-nshuffles 20 --seed 1 -nthreads 2 -quiet";
    expect(run(`convert fixels fd subjects.txt "a$b.fxs" -quiet`)).toEqual(fine);
    expect(names()).toEqual(["a\xff.fxs"]);
    expect(run(`convert fixels fd subjects.txt "a$b.fxs" -quiet --force`)).toEqual(fine);
    expect(run(`verify "a$b.fxs" -quiet`)).toEqual(fine);
    expect(run(`fixelcfestats "a$b.fxs" - design.txt contrast.txt matrix "o$b" --cache "c$b" ${quick}`)).toEqual(fine);
    expect(run(`fixelcfestats "a$b.fxs" - design.txt contrast.txt matrix plain --cache plain-cache ${quick}`)).toEqual(
      fine,
    );
    expect(names()).toEqual(["a\xff.fxs", "c\xff", "o\xff"]);
    const values = (folder: Buffer) =>
      fs
        .readFileSync(Buffer.concat([folder, Buffer.from("/cfe.mif")]))
        .subarray(-96)
        .toString("hex");
    const at = (name: string) => Buffer.concat([Buffer.from(`${input.root}/`), Buffer.from(name, "latin1")]);
    expect(values(at("o\xff"))).toBe(values(at("plain")));
    expect(run(`cache clear --cache "c$b" -quiet`)).toEqual(fine);
    expect(fs.readdirSync(at("c\xff"))).toEqual([]);
    fs.rmSync(at("o\xff"), { recursive: true });

    // files of such a folder, read by another thread too
    fs.renameSync(`${input.root}/fd`, at("i\xff"));
    for (const nThreads of [1, 2])
      expect(run(`convert fixels "i$b" subjects.txt from-${nThreads}.fxs -nthreads ${nThreads} -quiet`)).toEqual(fine);
    const [one, two] = [1, 2].map((n) => fs.readFileSync(`${input.root}/from-${n}.fxs/FD.f32`, "latin1"));
    expect(two).toBe(one);

    // a matrix and streamlines in such folders, whose whole paths are asked for
    fs.renameSync(`${input.root}/matrix`, at("m\xff"));
    expect(run(`fixelcfestats "a$b.fxs" - design.txt contrast.txt "m$b" "p$b" --cache "c$b" ${quick}`)).toEqual(fine);
    expect(values(at("p\xff"))).toBe(values(at("plain")));
    fs.mkdirSync(`${input.root}/tracks`);
    writeTracks(`${input.root}/tracks`, makeTracks({ seed: 1, step: 1, voxelSizes: [2, 2, 2], mostFixels: 2 }), 1);
    fs.renameSync(`${input.root}/tracks`, at("t\xff"));
    const made = run(`fixelconnectivity "t$b/fixels" "t$b/tracks.tck" "n$b" -nthreads 2 -quiet`);
    expect(made).toEqual({ status: 0, stderr: expect.not.stringMatching("error") });
    expect(fs.readdirSync(at("n\xff"))).toEqual(["fixels.mif", "index.mif", "values.mif"]);
  },
);
