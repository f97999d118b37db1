// The big inputs: made once in a directory, by streams, always the same bytes; kept and used again.
import { closeSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { openMif, writeArray } from "./mif.mjs";
import { createRandom } from "./random.mjs";

/** Raise when the bytes change: old inputs are then made anew. */
const VERSION = 1;
/** Fixels that share most of their value, as neighbours of a smoothed cohort do. */
const PATCH = 50;
/** Connections lie within this many fixels. */
const REACH = 10_000;

export function once(directory, make) {
  const marker = join(directory, `complete-${VERSION}`);
  if (existsSync(marker)) return directory;
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  make(directory);
  writeFileSync(marker, "");
  return directory;
}

/** A fixel directory of `n` subjects (the second half patients, lower in one stretch), with subjects.txt, design.txt, contrast.txt. */
export function cohort(dir, n, m) {
  return once(join(dir, `cohort-${n}x${m}`), (out) => {
    const fd = join(out, "fd");
    mkdirSync(fd);
    writeTemplate(fd, m);
    const values = new Float32Array(m);
    const names = [];
    for (let s = 0; s < n; s++) {
      fillSubject(values, s, s >= n / 2);
      const name = `sub-${String(s).padStart(5, "0")}.mif`;
      const file = openMif(join(fd, name), { dim: [m, 1, 1], datatype: "Float32LE" });
      writeArray(file, values);
      closeSync(file);
      names.push(name);
    }
    writeFileSync(join(out, "subjects.txt"), `${names.join("\n")}\n`);
    writeDesign(out, n);
  });
}

/** The same cohort with its subjects' files compressed, as `gzip -1` does it. */
export function packedCohort(dir, n, m) {
  const plain = cohort(dir, n, m);
  return once(join(dir, `cohort-gz-${n}x${m}`), (out) => {
    const fd = join(out, "fd");
    mkdirSync(fd);
    for (const name of ["index.mif", "directions.mif"]) copyFileSync(join(plain, "fd", name), join(fd, name));
    const names = readFileSync(join(plain, "subjects.txt"), "utf8").split("\n").filter(Boolean);
    for (const name of names)
      writeFileSync(join(fd, `${name}.gz`), gzipSync(readFileSync(join(plain, "fd", name)), { level: 1 }));
    writeFileSync(join(out, "subjects.txt"), names.map((name) => `${name}.gz\n`).join(""));
  });
}

export function writeDesign(out, n) {
  writeFileSync(
    join(out, "design.txt"),
    names(n, (s) => `1 ${s >= n / 2 ? 1 : 0}`),
  );
  writeFileSync(join(out, "contrast.txt"), "0 -1\n");
}

const names = (n, line) => `${Array.from({ length: n }, (_, i) => line(i)).join("\n")}\n`;

/** One fixel a voxel; m is a multiple of 1000. */
function writeTemplate(folder, m) {
  const index = new Uint32Array(2 * m).fill(1, 0, m);
  for (let i = 0; i < m; i++) index[m + i] = i;
  const grid = [100, m / 1000, 10, 2];
  const indexFile = openMif(join(folder, "index.mif"), { dim: grid, datatype: "UInt32LE", keys: { nfixels: m } });
  writeArray(indexFile, index);
  closeSync(indexFile);
  const directions = openMif(join(folder, "directions.mif"), { dim: [m, 3, 1], datatype: "Float32LE" });
  writeArray(directions, new Float32Array(3 * m).fill(1, 0, m));
  closeSync(directions);
}

export function fillSubject(values, subject, isPatient) {
  const random = createRandom(subject);
  let shared = 0;
  for (let i = 0; i < values.length; i++) {
    if (i % PATCH === 0) shared = random.normal();
    const loss = isPatient && i < values.length / 100 ? 0.05 : 0;
    values[i] = 0.5 + 0.1 * (0.8 * shared + 0.6 * random.normal()) - loss;
  }
}

/** A connectivity matrix of m x k, as fixelconnectivity writes it: sorted, within reach, a fixel connected to itself with 1. */
export function matrix(dir, m, k) {
  return once(join(dir, `matrix-${m}x${k}`), (out) => {
    const open = (name, dim, datatype, layout) =>
      openMif(join(out, `${name}.mif`), { dim, datatype, layout, keys: { nfixels: m } });
    const index = new BigUint64Array(2 * m);
    for (let i = 0; i < m; i++) {
      index[2 * i] = BigInt(k);
      index[2 * i + 1] = BigInt(i) * BigInt(k);
    }
    const files = {
      index: open("index", [m, 1, 1, 2], "UInt64LE", "+1,+2,+3,+0"),
      fixels: open("fixels", [m * k, 1, 1], "UInt32LE"),
      values: open("values", [m * k, 1, 1], "Float32LE"),
    };
    writeArray(files.index, index);
    const rows = 500;
    const fixels = new Uint32Array(rows * k);
    const values = new Float32Array(rows * k);
    const random = createRandom(m + k);
    for (let first = 0; first < m; first += rows) {
      for (let row = 0; row < rows; row++) {
        fillRow(random, first + row, m, fixels.subarray(row * k, row * k + k), values.subarray(row * k, row * k + k));
      }
      writeArray(files.fixels, fixels);
      writeArray(files.values, values);
    }
    for (const file of Object.values(files)) closeSync(file);
  });
}

/** Connections of one fixel: one in each of k strata of its neighbourhood, so they come sorted and are distinct. */
export function fillRow(random, fixel, m, fixels, values) {
  const k = fixels.length;
  const width = Math.min(2 * REACH, m);
  const start = Math.min(Math.max(fixel - width / 2, 0), m - width);
  const step = width / k;
  for (let j = 0; j < k; j++) {
    const low = start + j * step;
    const self = fixel >= low && fixel < low + step;
    const drawn = Math.floor(low + random.uniform() * step);
    const value = random.uniform();
    fixels[j] = self ? fixel : drawn;
    values[j] = self ? 1 : value;
  }
}

/** Vector files of `n` subjects for vectorstats, one value a line; values where `isMissing(subject, element)` are NaN, and `name` tells such data apart. */
export function vectors(dir, n, m, isMissing = () => false, name = "complete", firstSeed = 0) {
  return once(join(dir, `vectors-${name}-${n}x${m}`), (out) => {
    const values = new Float32Array(m);
    for (let s = 0; s < n; s++) {
      fillSubject(values, firstSeed + s, s >= n / 2);
      writeFileSync(
        join(out, `sub-${s}.txt`),
        names(m, (i) => (isMissing(s, i) ? "nan" : values[i].toFixed(6))),
      );
    }
    writeFileSync(
      join(out, "subjects.txt"),
      names(n, (s) => `sub-${s}.txt`),
    );
    writeDesign(out, n);
  });
}
