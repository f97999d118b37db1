// Where the golden runs run: a directory a kind of input, with everything that their command lines name.
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeImage } from "../../src/formats/image.js";
import { runInProcess } from "./in-process-cli.js";
import {
  fixturesDirectory,
  layOutPeerCase,
  layOutVectorstats,
  makeTemporaryDirectory,
  peerCaseDirectory,
  readNumbers,
  readSmallImage,
} from "./peer.js";
import { bytesOf, npyBytes } from "./write-npy.js";

/** `variable`: fixels with missing values, variance groups, a column. Any other name: a stored case of the peer. */
export type Place = "demo" | "variable" | "vectors" | (string & {});

/** Makes it anew. */
export async function layOutPlace(place: Place): Promise<string> {
  switch (place) {
    case "demo":
      return layOutDemo();
    case "variable": {
      const directory = layOutPeer("fixelcfestats-missing-variance"); // its generator makes all
      await convert(directory, "fixels", "fd", "subjects-missing.txt", "missing.fxs");
      await convert(directory, "fixels", "fd", "subjects-missing.txt", "missing.h5");
      return directory;
    }
    case "vectors":
      return layOutVectors();
    default:
      return layOutPeer(place);
  }
}

/** With `permutations-40.txt`, the first 40 columns: enough for the slow kernels. */
function layOutPeer(name: string): string {
  const { directory, manifest } = layOutPeerCase(name);
  if ("permutations.txt" in manifest.inputs) {
    const rows = readNumbers(join(directory, "permutations.txt")).map((row) => row.slice(0, 40).join(" "));
    writeFileSync(join(directory, "permutations-40.txt"), `${rows.join("\n")}\n`);
  }
  return directory;
}

async function layOutDemo(): Promise<string> {
  const directory = makeTemporaryDirectory();
  const at = (...names: string[]) => join(directory, ...names);
  cpSync(join(fixturesDirectory, "demo"), directory, { recursive: true });
  const strong = join(peerCaseDirectory("fixelcfestats-demo-strong"), "input");
  cpSync(join(strong, "contrast.txt"), at("contrast-tt.txt"));
  cpSync(join(strong, "ftests.txt"), at("ftests.txt"));
  cpSync(join(peerCaseDirectory("fixelcfestats-demo-mask"), "input", "mask.mif"), at("mask.mif"));
  cpSync(join(peerCaseDirectory("fixelcfestats-demo"), "input", "permutations.txt"), at("permutations.txt"));
  writeFileSync(at("ftest-rows.txt"), "0 -1 0\n0 0 1\n");
  const lines = (name: string) => readFileSync(at(name), "utf8").trim().split("\n");
  const thin = (name: string, step: number) => lines(name).filter((_, row) => row % step === 0);
  // a third of the cohort as in outputs-mrtrix.test.ts; seven subjects have 128 sign flips: all are used
  for (const [suffix, step] of [["third", 3] as const, ["few", 6] as const]) {
    for (const name of ["subjects", "design"])
      writeFileSync(at(`${name}-${suffix}.txt`), `${thin(`${name}.txt`, step).join("\n")}\n`);
  }
  writeFileSync(
    at("blocks-of-4.txt"),
    lines("subjects.txt")
      .map((_, row) => `${Math.floor(row / 4) + 1}\n`)
      .join(""),
  );
  writeFileSync(
    at("halves.txt"),
    lines("subjects.txt")
      .map((_, row) => `${(row % 2) + 1}\n`)
      .join(""),
  );
  await convert(directory, "fixels", "fd", "subjects.txt", "cohort.fxs");
  await convert(directory, "fixels", "fd", "subjects.txt", "cohort.h5");
  // the third as NIfTI
  mkdirSync(at("nifti"));
  for (const name of ["index.mif", "directions.mif", ...thin("subjects.txt", 3)]) {
    const { dim, values } = readSmallImage(at("fd", name));
    const dataType = name === "index.mif" ? "UInt32LE" : "Float32LE";
    writeImage(at("nifti", name.replace(".mif", ".nii")), { dimensions: dim, dataType }, values);
  }
  writeFileSync(at("subjects-nifti.txt"), `${thin("subjects.txt", 3).join("\n").replaceAll(".mif", ".nii")}\n`);
  return directory;
}

async function layOutVectors(): Promise<string> {
  const directory = layOutVectorstats();
  const at = (...names: string[]) => join(directory, ...names);
  const rows = readdirSync(at("data-missing"))
    .sort()
    .map((name) => readNumbers(at("data-missing", name)).flat());
  writeFileSync(at("matrix.txt"), `${rows.map((row) => row.join(" ").replaceAll("NaN", "nan")).join("\n")}\n`);
  const shape = [rows.length, rows[0]!.length];
  writeFileSync(at("matrix.npy"), npyBytes({ descr: "<f8", shape, data: bytesOf(Float64Array.from(rows.flat())) }));
  writeFileSync(at("ftest-rows.txt"), "0 1 0\n0 0 1\n");
  writeFileSync(at("blocks-of-5.txt"), rows.map((_, row) => `${Math.floor(row / 5) + 1}\n`).join(""));
  await convert(directory, "vectors", "data-missing.txt", "vectors.fxs");
  return directory;
}

async function convert(directory: string, ...[kind, ...paths]: string[]): Promise<void> {
  const home = process.cwd();
  process.chdir(directory);
  try {
    const { status, stderr } = await runInProcess(["convert", kind!, ...paths, "-quiet"]);
    if (status !== 0) throw new Error(stderr);
  } finally {
    process.chdir(home);
  }
}
