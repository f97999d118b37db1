// What fixelconnectivity refuses and warns of, word for word; and that it leaves nothing then.
import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { runInProcess } from "../support/in-process-cli.js";
import { makeTracks, type Streamlines, type TckOptions, tckBytes, writeTracks } from "../support/make-tracks.js";
import { oracleMatrix } from "../support/oracle-connectivity.js";
import { makeTemporaryDirectory } from "../support/peer.js";

const root = makeTemporaryDirectory();
const made = makeTracks({
  seed: 40,
  step: 1,
  voxelSizes: [2, 2, 2],
  mostFixels: 2,
  nStreamlines: 60,
  isOblique: false,
});
let nCases = 0;

interface Case {
  at(...names: string[]): string;
  run(...tokens: string[]): Promise<{ status: number; stderr: string }>;
  tracks(options: TckOptions, streamlines?: Streamlines, cut?: number): void;
}

function newCase(): Case {
  const folder = path.join(root, `case${nCases++}`);
  writeTracks(folder, made, 1);
  const at = (...names: string[]) => path.join(folder, ...names);
  return {
    at,
    async run(...tokens) {
      const given = [at("fixels"), at("tracks.tck"), at("matrix"), "-nthreads", "0", "-quiet"];
      const positional = tokens[0]?.startsWith("/") ? [tokens.shift()!] : [];
      if (positional.length > 0) given[1] = positional[0]!;
      const { status, stderr } = await runInProcess(["fixelconnectivity", ...given, ...tokens]);
      return { status, stderr: stderr.replaceAll(`${folder}/`, "") };
    },
    tracks(options, streamlines = made.streamlines, cut) {
      const bytes = tckBytes(streamlines, options);
      fs.writeFileSync(at("tracks.tck"), cut === undefined ? bytes : bytes.subarray(0, bytes.length + cut));
    },
  };
}

async function expectRefusal(one: Case, message: string, tokens: string[] = [], status = 1): Promise<void> {
  const before = fs.readdirSync(one.at()).sort();
  const result = await one.run(...tokens);
  expect(result.stderr).toBe(`fixelstream: error: ${message}\n`);
  expect(result.status).toBe(status);
  expect(fs.readdirSync(one.at()).sort()).toEqual(before);
}

const REMEDY = "Correct the header, or write the file again with tckconvert or tckedit.";

describe("streamlines", () => {
  it.each([
    ["a.trx", "a TRX file. Convert it: trx_convert_tractogram a.trx a.tck (of trx-python: pip install trx-python)"],
    ["a.trk", "a TrackVis file. Convert it: nib-trk2tck a.trk (of nibabel: pip install nibabel)"],
    ["a b.vtk", "a VTK file. Convert it: tckconvert 'a b.vtk' 'a b.tck'"],
    ["a.ply", "a PLY file. Convert it: tckconvert a.ply a.tck"],
    ["a.tck.gz", "a compressed one. Convert it: gunzip a.tck.gz"],
  ])("in %s", async (name, got) => {
    const { stderr, status } = await newCase().run(`/${name}`);
    expect(status).toBe(1);
    expect(stderr.replaceAll("/a", "a")).toBe(
      `fixelstream: error: Cannot use ${name} as streamlines: expected a .tck file, got ${got}.\n`,
    );
  });
  it("with a name of nothing known", async () => {
    const message =
      "Cannot use /no.dat as streamlines: expected a name ending in .tck, got another. Give the tracks file that tckgen or tcksift wrote.";
    await expectRefusal(newCase(), message, ["/no.dat"]);
  });
  it.each<[string, TckOptions, string]>([
    [
      "an unknown type",
      { lines: { datatype: "Int16LE" } },
      'a line `datatype:` with Float32LE, Float32BE, Float64LE or Float64BE, got "Int16LE"',
    ],
    [
      "no type",
      { lines: { datatype: undefined } },
      "a line `datatype:` with Float32LE, Float32BE, Float64LE or Float64BE, got none",
    ],
    [
      "no place of the points",
      { lines: { file: undefined } },
      "a line `file: . OFFSET`, where the points begin, got none",
    ],
    ["a count that is none", { lines: { count: "many" } }, 'a whole number after `count:`, got "many"'],
  ])("with %s", async (_, options, problem) => {
    const one = newCase();
    one.tracks(options);
    await expectRefusal(one, `Cannot read tracks.tck: expected ${problem}. ${REMEDY}`);
  });
  it("that are none", async () => {
    const one = newCase();
    for (const [text, message] of [
      ["", "the first line `mrtrix tracks`, got an empty file. Is it a tracks file in MRtrix3's format?"],
      [
        "mrtrix image\nEND\n",
        'the first line `mrtrix tracks`, got "mrtrix image". Is it a tracks file in MRtrix3\'s format?',
      ],
      [
        "mrtrix tracks\ncount: 1\n",
        "a line `END` after the header, got none in 23 bytes. The file is cut short or no tracks file: make it again.",
      ],
      [
        "mrtrix tracks\ndatatype: Float32LE\nfile: . 999\nEND\n",
        "points from byte 999 on, as its line `file:` says, got a file of 50 bytes. It is cut short: copy or make it again.",
      ],
    ] as const) {
      fs.writeFileSync(one.at("tracks.tck"), text);
      await expectRefusal(one, `Cannot read tracks.tck: expected ${message}`);
    }
  });
  it("of a file that is cut short", async () => {
    const one = newCase();
    one.tracks({}, undefined, -2000);
    await expectRefusal(
      one,
      "Cannot read tracks.tck: expected 60 streamlines, as its header says, and a mark of the end behind them, got the end of the file after 53. It is cut short: copy or make it again, or accept what there is: tckedit writes it with a header that is right.",
    );
  });
  it("with a coordinate that is no number", async () => {
    const one = newCase();
    const points = Float32Array.of(1, 2, 3, 4, Number.NaN, 6);
    one.tracks({}, [...made.streamlines.slice(0, 5), points]);
    await expectRefusal(
      one,
      "Cannot read tracks.tck: expected three finite coordinates, or three times NaN between streamlines, got 4, NaN, 6 for point 1 of streamline 5 (both counted from 0). The file is damaged: make it again.",
    );
  });
  it("without marks between them", async () => {
    const one = newCase();
    one.tracks({}, [new Float32Array(3 * 70_000)]);
    await expectRefusal(
      one,
      "Cannot read tracks.tck: expected streamlines of at most 65536 points, got more in streamline 0 (counted from 0). Is the mark behind it missing? Make the file again; if it is so long, raise --memory.",
    );
  });
  it("in another unit", async () => {
    const one = newCase();
    one.tracks({}, [Float32Array.of(0, 0, 0, 9e6, 9e6, 9e6)]);
    await expectRefusal(
      one,
      "Cannot map tracks.tck: expected streamlines through fewer than 100000 voxels, got more for streamline 0 (counted from 0). Are its points in millimetres of the scanner, as those of the template? Transform the file, or make it again.",
    );
  });
  it("with a step that no streamline has", async () => {
    const one = newCase();
    one.tracks({ lines: { step_size: "5000" } });
    await expectRefusal(
      one,
      "Cannot map tracks.tck: expected a step between points of at most 2727 mm in its header, 4096 times a third of a voxel, got `step_size: 5000`. Correct the header: steps are in millimetres.",
    );
  });

  it("that reach no fixel", async () => {
    const one = newCase();
    for (const [streamlines, got] of [
      [[], "no streamline. Is it the right file?"],
      [
        [Float32Array.of(1, 2, 3), new Float32Array(0), Float32Array.of(900, 900, 900, 901, 900, 900)],
        "3 streamlines, 2 of fewer than 2 points, 1 outside the image. Are they in the space of the template?",
      ],
    ] as const) {
      one.tracks({}, streamlines);
      const message = `Cannot make a matrix of tracks.tck: expected streamlines through fixels of fixels, got ${got}`;
      const { status, stderr } = await one.run();
      expect(stderr).toBe(`fixelstream: error: ${message}\n`);
      expect(status).toBe(1);
      expect(fs.existsSync(one.at("matrix"))).toBe(false);
    }
  });
  it("of one point, of weight 0, or beside the direction of every fixel", async () => {
    const one = newCase();
    const reason = "Cannot make a matrix of tracks.tck: expected streamlines through fixels of fixels, got";
    one.tracks({}, [Float32Array.of(1, 2, 3)]);
    await expectRefusal(one, `${reason} 1 streamline, 1 of fewer than 2 points. Is it the right file?`);
    one.tracks({});
    fs.writeFileSync(one.at("w.txt"), "0 ".repeat(60));
    const weightless = await one.run("-tck_weights_in", one.at("w.txt"));
    expect(weightless.stderr).toMatch(/, 60 of weight 0\. Are they the right weights\?\n$/);
    const beside = await one.run("-angle", "0");
    expect(beside.stderr).toMatch(
      /with no fixel near their direction\. Are they in the space of the template, is -angle large enough\?\n$/,
    );
    fs.copyFileSync(one.at("fixels", "mask.mif"), one.at("mask.mif"));
    const masked = await one.run("-angle", "0", "-mask", one.at("mask.mif"));
    expect(masked.stderr).toMatch(/ is -angle large enough, and is the mask the right one\?\n$/);
  });
  it("partly outside, which is said", async () => {
    const one = newCase();
    const { status, stderr } = await one.run();
    expect(status).toBe(0);
    expect(stderr).toBe(
      `fixelstream: warning: ${/\d+/.exec(stderr)} of 60 streamlines of tracks.tck run through no voxel of the image of fixels. If they were made on another grid, it must be in the same space.\n`.replace(
        "of fixels.",
        `of ${one.at("fixels").replace(`${one.at()}/`, "")}.`,
      ),
    );
  });
});

describe("options", () => {
  it("a cache for nothing", async () => {
    const one = newCase();
    const cache = one.at("cache");
    const { status, stderr } = await one.run("--cache", cache);
    expect(status).toBe(0);
    expect(stderr.split("\n")[0]).toBe(
      "fixelstream: warning: --cache cache is not used: the matrix is not prepared. Give --prepare too, or leave it out.",
    );
    expect(fs.existsSync(cache)).toBe(false);
    expect((await one.run("--cache", cache, "--prepare", "-force")).stderr).not.toMatch("--cache");
  });
  it.each([
    [["-angle", "91"], "Cannot use -angle 91: expected a number from 0 to 90."],
    [["-threshold", "-0.1"], "Cannot use -threshold -0.1: expected a number from 0 to 1."],
  ])("%j", async (tokens, message) => {
    await expectRefusal(newCase(), message, tokens, 2);
  });
  it("a threshold that nothing reaches", async () => {
    const one = newCase();
    const visited = oracleMatrix(made.fixels, made.streamlines, { step: 1 }).visited.findIndex(
      ({ length }) => length > 1,
    );
    // 1 / n in float32, n times, is a little less than 1
    const n = Array.from({ length: 100 }, (_, i) => i + 1).find((i) => Math.fround(Math.fround(1 / i) * i) < 1)!;
    one.tracks({ lines: { step_size: "1" } }, new Array(n).fill(made.streamlines[visited]));
    const { status, stderr } = await one.run("-threshold", "1");
    expect(stderr).toMatch("expected connections of at least 1 (-threshold), got none. Lower -threshold.\n");
    expect(status).toBe(1);
    expect(fs.existsSync(one.at("matrix"))).toBe(false);
  });
  it("a mask of another template", async () => {
    const one = newCase();
    const n = made.fixels.nFixels;
    await expectRefusal(
      one,
      `Cannot use fixels/directions.mif: expected ${n} x 1 x 1 values, one a fixel of the template, got ${n} x 3 x 1. Make the mask of the same fixel template.`,
      ["-mask", one.at("fixels", "directions.mif")],
    );
  });
  it("too little memory", async () => {
    const one = newCase();
    await expectRefusal(
      one,
      `Cannot make a matrix of ${made.fixels.nFixels} fixels in 1 MiB: expected 10 MiB or more with 1 thread, got less. Raise --memory.`,
      ["--memory", "1MiB"],
    );
  });
  it.each([
    [
      "1 2 3",
      "expected a weight for each streamline of tracks.tck, got 3 weights, and more streamlines. Give the weights that tcksift2 wrote for these streamlines.",
    ],
    [
      "1\n".repeat(62),
      "expected 60 weights, one for each streamline of tracks.tck, got 62. Give the weights that tcksift2 wrote for these streamlines.",
    ],
    [
      "1\n-1\n1\n",
      "expected weights of 0 or more, got -1 for streamline 1 (counted from 0). Give the weights that tcksift2 wrote.",
    ],
    [
      "1\nnan\n1\n",
      "expected weights of 0 or more, got NaN for streamline 1 (counted from 0). Give the weights that tcksift2 wrote.",
    ],
  ])("weights: %j", async (text, message) => {
    const one = newCase();
    fs.writeFileSync(one.at("w.txt"), text);
    const tokens = ["-tck_weights_in", one.at("w.txt")];
    await expectRefusal(one, `Cannot use -tck_weights_in w.txt: ${message}`, tokens);
  });
  it.each([
    ["1\nfoo\n", 'expected numbers, got "foo" (line 2). Is it the right file?'],
    ["1\0\0\n", "expected a text of numbers, got binary data. Is it the right file?"],
    ["x".repeat(70_000), `expected numbers, got "${"x".repeat(40)}.." (line 1). Is it the right file?`],
  ])("weights that are none: %#", async (text, message) => {
    const one = newCase();
    fs.writeFileSync(one.at("w.txt"), text);
    await expectRefusal(one, `Cannot read w.txt: ${message}`, ["-tck_weights_in", one.at("w.txt")]);
  });
  it.each(["1e-42", "2e38"])("weights of %s, whose sums float32 cannot divide by", async (weight) => {
    const one = newCase();
    fs.writeFileSync(one.at("w.txt"), `${weight} `.repeat(60));
    const { status, stderr } = await one.run("-tck_weights_in", one.at("w.txt"));
    const { sum, fixel } = /got (?<sum>\S+) for fixel (?<fixel>\d+) /.exec(stderr)!.groups!;
    expect(Number(sum) / Number(weight)).toBeGreaterThan(0.9);
    expect(stderr).toBe(
      `fixelstream: error: Cannot use -tck_weights_in w.txt: expected weights whose sum over the streamlines of a fixel lies between 1.2e-38 and 8.5e37, as the numbers of a matrix (float32) need, got ${sum} for fixel ${fixel} (counted from 0). Multiply all weights by one factor: the matrix does not depend on it.\n`,
    );
    expect(status).toBe(1);
    expect(fs.existsSync(one.at("matrix"))).toBe(false);
  });
  it("extra files that cannot be written", async () => {
    const one = newCase();
    fs.copyFileSync(one.at("fixels", "mask.mif"), one.at("mask.mif"));
    fs.writeFileSync(one.at("there.mif"), "a text");
    const fixels = made.fixels.nFixels;
    for (const [tokens, message, status = 1] of [
      [
        ["-count", one.at("c.txt")],
        "Cannot write -count c.txt: expected a name ending in .mif, .nii, .mif.gz or .nii.gz, got another. Choose another name.",
      ],
      [
        ["-count", one.at("no", "c.mif")],
        "Cannot write -count no/c.mif: expected a directory that can be written, got no such file. Choose another place.",
      ],
      [
        ["-extent", one.at("there.mif")],
        "Cannot write -extent there.mif: expected a new file, got one that exists already. Choose another name, or -force to overwrite.",
      ],
      [
        ["-extent", one.at("there.mif"), "-force"],
        `Cannot write -extent there.mif: expected fixel data of ${fixels} fixels to be replaced, got another file. Move it away, or choose another name.`,
      ],
      [
        ["-count", one.at("mask.mif"), "-mask", one.at("mask.mif"), "-force"],
        "Cannot write -count mask.mif: expected another file than those that are read, got that of -mask. Choose another name.",
      ],
      [
        ["-count", one.at("c.mif"), "-extent", one.at("c.mif")],
        "Cannot write c.mif twice: expected different files for -count and -extent.",
        2,
      ],
    ] as const) {
      await expectRefusal(one, message, [...tokens], status);
    }
  });
});

describe("a place for the matrix", () => {
  it("where one is", async () => {
    const one = newCase();
    expect((await one.run()).status).toBe(0);
    const before = fs.readFileSync(one.at("matrix", "values.mif"));
    await expectRefusal(
      one,
      "Cannot write the matrix to matrix: expected no matrix there, got index.mif, fixels.mif, values.mif. Give another directory, or -force to overwrite.",
    );
    expect(fs.readFileSync(one.at("matrix", "values.mif"))).toEqual(before);
    expect((await one.run("-force")).status).toBe(0);
    expect(fs.readdirSync(one.at("matrix")).sort()).toEqual(["fixels.mif", "index.mif", "values.mif"]);
  });
  it.each([[], ["-force"]])("where a template is %j", async (...tokens) => {
    const one = newCase();
    fs.cpSync(one.at("fixels"), one.at("matrix"), { recursive: true });
    await expectRefusal(
      one,
      "Cannot write the matrix to matrix: expected a directory for the matrix alone, got one in which index.mif is another image or file. Choose another directory.",
      tokens,
    );
    expect(fs.readdirSync(one.at("matrix"))).toEqual(fs.readdirSync(one.at("fixels")));
  });
  it("where the template lies nowhere", async () => {
    const one = newCase();
    for (const [from, to, message] of [
      [
        /nfixels: .*/,
        "fixelstream_place: unknown",
        "expected fixels whose place is known, got some that were made of tables without voxel size and position. Give the fixel directory that the tables were made of.",
      ],
      [
        /transform: .*\n/g,
        "",
        "expected a transform in fixels/index.mif, which says where its voxels lie, got none. If the grid is centred at the origin, mrconvert writes that into a new index.",
      ],
      [
        /vox: .*/,
        "vox: 2,2,0,nan",
        "expected voxels with a volume in fixels/index.mif, got sizes of 2 x 2 x 0 mm and axes that span none. Make the fixel directory again.",
      ],
    ] as const) {
      writeTracks(one.at(), made, 1);
      const bytes = fs.readFileSync(one.at("fixels", "index.mif"));
      const header = bytes.toString("latin1", 0, 512).replace(from, to).padEnd(512, "\0").slice(0, 512);
      fs.writeFileSync(
        one.at("fixels", "index.mif"),
        Buffer.concat([Buffer.from(header, "latin1"), bytes.subarray(512)]),
      );
      const { stderr, status } = await one.run();
      expect(stderr).toBe(
        `fixelstream: error: Cannot map streamlines to ${one.at("fixels").slice(one.at().length + 1)}: ${message}\n`,
      );
      expect(status).toBe(1);
    }
  });
});
