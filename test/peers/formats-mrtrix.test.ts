// MRtrix3's own commands write what we read and read what we write.
import { execFileSync, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openFixelDirectory, readFixelValues } from "../../src/formats/fixel-directory.js";
import { openImage, writeImage } from "../../src/formats/image.js";
import { parseMatrix } from "../../src/formats/text/matrix.js";
import { buildMif } from "../support/byte-builders.js";
import { hasCommand, peerDataDirectory } from "../support/peer.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const directory = temporaryDirectory();
let nDumps = 0;
const peerData = peerDataDirectory();

const run = (command: string, ...parts: string[]): string =>
  execFileSync(command, [...parts, "-quiet"], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 2 ** 28,
  });

/** Values in canonical order: mrdump follows the strides, so these are made canonical first. */
function dump(path: string): number[] {
  const canonical = join(directory, `canonical-${nDumps++}.mif`);
  run("mrconvert", path, canonical, "-strides", "1,2,3,4".slice(0, 2 * openImage(path).header.dimensions.length - 1));
  return run("mrdump", canonical).trim().split(/\s+/).map(Number);
}

function readAll(path: string): number[] {
  const image = openImage(path);
  const values = new Float64Array(image.nElements);
  image.copyValuesInto(values, 0, values.length);
  image.close();
  return Array.from(values);
}

const source = join(directory, "source.mif");
const DIMENSIONS = [4, 3, 5, 2];
writeFileSync(
  source,
  buildMif({
    dimensions: DIMENSIONS,
    dataType: "Float64LE",
    values: Array.from({ length: 120 }, (_, i) => (i * 37) % 101),
  }),
);

describe.skipIf(!hasCommand("mrconvert"))("images made by mrconvert", () => {
  const types = [
    "bit",
    "int8",
    "uint8",
    ...["int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64"].flatMap((type) => [
      `${type}le`,
      `${type}be`,
    ]),
  ];

  it.each(types)("%s in several strides", (type) => {
    for (const [i, strides] of ["1,2,3,4", "2,3,4,1", "-1,2,-3,4", "-4,3,1,-2"].entries()) {
      const path = join(directory, `${type}-${i}.mif`);
      run("mrconvert", source, path, "-datatype", type, "-strides", strides);
      expect(readAll(path)).toEqual(dump(path));
    }
  });

  it.each([".mih", ".mif.gz"])("%s", (ending) => {
    const path = join(directory, `other${ending}`);
    run("mrconvert", source, path, "-datatype", "int16be", "-strides", "3,-1,2,4");
    expect(readAll(path)).toEqual(dump(path));
  });

  it("scaled", () => {
    const path = join(directory, "scaled.mif");
    run("mrconvert", source, path, "-datatype", "int16", "-scaling", "3,0.25");
    expect(openImage(path).header.scaling).toEqual({ offset: 3, scale: 0.25 });
    expect(readAll(path)).toEqual(dump(path));
  });

  it.each(["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64"])(
    "NIfTI of %s",
    (type) => {
      for (const [i, strides] of ["1,2,3,4", "-2,1,3,4", "-1,-2,-3,4", "3,-1,2,4"].entries()) {
        for (const ending of [".nii", ".nii.gz"]) {
          const path = join(directory, `nifti-${type}-${i}${ending}`);
          run(
            "mrconvert",
            source,
            path,
            "-datatype",
            type + (type.endsWith("8") ? "" : i % 2 ? "be" : "le"),
            "-strides",
            strides,
          );
          expect(readAll(path)).toEqual(dump(path));
          expect(openImage(path).header.dimensions).toEqual(DIMENSIONS);
        }
      }
    },
  );

  it("NIfTI-2, where an axis is long", () => {
    const long = join(directory, "long.mif");
    const path = join(directory, "long.nii");
    writeImage(
      long,
      { dimensions: [40_000, 1, 1], dataType: "Float32LE" },
      Float32Array.from({ length: 40_000 }, (_, i) => i % 1000),
    );
    run("mrconvert", long, path, "-strides", "-1,2,3");
    expect(openImage(path).header.dataOffset).toBe(544);
    expect(readAll(path)).toEqual(dump(path));
  });

  it("turned and mirrored by their transform", () => {
    const transforms = [
      [
        [-1, 0, 0, 5],
        [0, 1, 0, 0],
        [0, 0, 1, 0],
      ],
      [
        [0, 1, 0, 5],
        [-1, 0, 0, 2],
        [0, 0, -1, 7],
      ],
      [
        [0, 0, 1, 0],
        [0.6, -0.8, 0, 0],
        [0.8, 0.6, 0, 0],
      ],
    ];
    for (const [i, transform] of transforms.entries()) {
      const path = join(directory, `turned-${i}.mif`);
      writeFileSync(
        path,
        buildMif({
          dimensions: [4, 3, 5],
          layout: "+1,-0,+2",
          dataType: "UInt8",
          values: Array.from({ length: 60 }, (_, k) => k),
          transform,
        }),
      );
      expect(readAll(path)).toEqual(dump(path));
      const { dimensions, transform: ours } = openImage(path).header;
      expect(dimensions.join(" ")).toBe(run("mrinfo", "-size", path).trim());
      const theirs = parseMatrix(run("mrinfo", "-transform", path), "mrinfo").values;
      for (let k = 0; k < 12; k++) expect(ours!.flat()[k]).toBeCloseTo(theirs[k]!, 6);
    }
  });
});

describe.skipIf(!hasCommand("mrconvert"))("our images", () => {
  it.each(["Bit", "UInt8", "Int16BE", "UInt32LE", "UInt64LE", "Float32LE", "Float64BE"] as const)(
    "of %s are read by MRtrix3",
    (dataType) => {
      const values = Array.from({ length: 60 }, (_, i) => (dataType === "Bit" ? i % 2 : i));
      for (const [i, layout] of [undefined, [2, 0, 1].map((rank) => ({ rank, reversed: rank === 0 }))].entries()) {
        for (const ending of [".mif", ".mif.gz"]) {
          const path = join(directory, `ours-${dataType}-${i}${ending}`);
          writeImage(path, { dimensions: [5, 4, 3], dataType, layout, entries: [["nfixels", "60"]] }, values);
          expect(dump(path)).toEqual(values);
          expect(run("mrinfo", path, "-property", "nfixels").trim()).toBe("60");
          expect(run("mrinfo", path, "-datatype").trim()).toBe(dataType);
        }
      }
    },
  );

  it("with NaN and a transform are measured by mrstats", () => {
    const path = join(directory, "stats.mif");
    const transform = [
      [1, 0, 0, -13],
      [0, 1, 0, -4],
      [0, 0, 1, -8],
    ];
    writeImage(path, { dimensions: [5, 1, 1], voxelSizes: [2, 2, 2], dataType: "Float32LE", transform }, [
      1,
      2,
      Number.NaN,
      4,
      5,
    ]);
    expect(run("mrstats", path, "-output", "mean", "-output", "count").trim().split(/\s+/)).toEqual(["3", "4"]);
    expect(Array.from(parseMatrix(run("mrinfo", path, "-transform"), "mrinfo").values.slice(0, 4))).toEqual([
      1, 0, 0, -13,
    ]);
    expect(run("mrinfo", path, "-spacing").trim()).toBe("2 2 2");
  });
});

describe.skipIf(!hasCommand("mrconvert"))("our NIfTI", () => {
  const transform = [
    [0.8, -0.6, 0, -13],
    [0.6, 0.8, 0, -4],
    [0, 0, 1, -8],
  ];

  it.each([5, 40_000])("is read by MRtrix3 without a warning (%i elements)", (n) => {
    for (const ending of [".nii", ".nii.gz"]) {
      for (const dataType of ["Int8", "UInt16BE", "UInt32LE", "Int64LE", "Float32LE", "Float64BE"] as const) {
        const path = join(directory, `ours-${n}-${dataType}${ending}`);
        const values = Array.from({ length: n }, (_, i) => i % 100);
        writeImage(path, { dimensions: [n, 1, 1], voxelSizes: [2, 2.5, 3], dataType, transform }, values);
        expect(dump(path)).toEqual(values);
        const { stderr, stdout } = spawnSync("mrinfo", [path, "-size", "-spacing", "-datatype"], { encoding: "utf8" });
        // It tries NIfTI-1 first, and complains about its own NIfTI-2 files too.
        expect(
          stderr.split("\n").filter((line) => line !== "" && !line.includes("is not in NIFTI-1.1 format")),
        ).toEqual([]);
        expect(
          stdout
            .trim()
            .split("\n")
            .map((line) => line.trim()),
        ).toEqual([`${n} 1 1`, "2 2.5 3", dataType]);
        const theirs = parseMatrix(run("mrinfo", "-transform", path), "mrinfo").values;
        for (let k = 0; k < 12; k++) expect(theirs[k]).toBeCloseTo(transform.flat()[k]!, 5);
      }
    }
  });
});

describe.skipIf(!hasCommand("fod2fixel"))("a fixel directory made by fod2fixel in NIfTI", () => {
  it("for a left-handed template, whose files hold the fixels in reverse, agrees with the .mif one", async () => {
    const fod = join(directory, "fod.mif");
    const left = join(directory, "fod-left.mif");
    const n = 3 * 2 * 2;
    // Constant term first, then five pseudo-random ones: a few fixels a voxel.
    const values = Array.from({ length: 6 * n }, (_, i) => (i < n ? 0.28 : Math.sin(i * i) / 2));
    writeFileSync(fod, buildMif({ dimensions: [3, 2, 2, 6], dataType: "Float32LE", values }));
    run("mrconvert", fod, left, "-strides", "-1,2,-3,4");
    for (const [folder, ...options] of [["nii", "-nii"], ["mif"]]) {
      const name = `fd.${folder}`;
      run("fod2fixel", left, join(directory, `fod2fixel-${folder}`), "-afd", name, "-nthreads", "0", ...options);
    }
    const [nifti, mif] = ["nii", "mif"].map((kind) => openFixelDirectory(join(directory, `fod2fixel-${kind}`)));
    expect(nifti!.indexPath).toMatch(/\.nii$/);
    expect(nifti!.nFixels).toBe(mif!.nFixels);
    expect(readAll(nifti!.indexPath)).toEqual(readAll(mif!.indexPath));
    expect(readAll(nifti!.directionsPath)).toEqual(readAll(mif!.directionsPath));
    const fds = await Promise.all(
      (["nii", "mif"] as const).map((kind) =>
        readFixelValues(join(directory, `fod2fixel-${kind}`, `fd.${kind}`), mif!.nFixels),
      ),
    );
    expect(fds[0]!.values).toEqual(fds[1]!.values);
  });
});

describe.skipIf(peerData === undefined || !hasCommand("mrdump"))("the peer's published data", () => {
  const phantom = join(peerData ?? "", "SIFT_phantom");

  it("opens as a fixel directory with data", async () => {
    const { nFixels, indexPath } = openFixelDirectory(join(phantom, "fixels"));
    expect([nFixels, indexPath.slice(-4)]).toEqual([144, ".mif"]);
    expect(readAll(indexPath)).toEqual(dump(indexPath));
    const fd = join(phantom, "fixels", "fd.mif");
    const { values } = await readFixelValues(fd, nFixels);
    expect(values).toBeInstanceOf(Float32Array);
    expect(Array.from(values, (value) => Number(value.toPrecision(6)))).toEqual(
      dump(fd).map((value) => Number(value.toPrecision(6))),
    );
  });

  it.each(["index", "fixels"])("has a connectivity matrix that reads: %s", (name) => {
    const path = join(phantom, "matrix", `${name}.mif`);
    expect(readAll(path)).toEqual(dump(path));
  });

  it.skipIf(!hasCommand("fixel2voxel"))("takes our data file in its fixel directory", () => {
    const folder = join(directory, "fixels");
    execFileSync("cp", ["-r", join(phantom, "fixels"), folder]);
    execFileSync("chmod", ["-R", "u+w", folder]);
    writeImage(
      join(folder, "ours.mif"),
      { dimensions: [144, 1, 1], dataType: "Float32LE" },
      Float32Array.from({ length: 144 }, (_, i) => i),
    );
    const sums = join(directory, "sums.mif");
    run("fixel2voxel", join(folder, "ours.mif"), "sum", sums);
    expect(dump(sums).reduce((a, b) => a + b, 0)).toBe((144 * 143) / 2);
  });
});
