// Cohorts in the shape of a brain, for reports of results: an ellipsoid of voxels with one to three fixels that run anywhere, so that nothing of it is easy to
// keep small. One subject file each, design, contrasts and a connectivity along the order of the fixels.
import { closeSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { once } from "./inputs.mjs";
import { openMif, writeArray } from "./mif.mjs";
import { createRandom } from "./random.mjs";

const N_SUBJECTS = 20;
/** Fixels before and after that one is connected with. */
const REACH = 6;
/** Fixels that share most of their value. */
const PATCH = 40;

/**
 * OUT/fd, OUT/subjects.txt, OUT/design.tsv (all, patient, age), OUT/contrast.txt and OUT/matrix of `m` fixels. In a share `affected` of the patches patients
 * are lower by four standard deviations.
 */
export function brain(dir, m, affected) {
  return once(join(dir, `brain-${m}-${affected}`), (out) => {
    const fd = join(out, "fd");
    mkdirSync(fd);
    writeTemplate(fd, m);
    writeMatrix(join(out, "matrix"), m);
    const names = Array.from({ length: N_SUBJECTS }, (_, s) => `sub-${String(s + 1).padStart(2, "0")}.mif`);
    for (const [s, name] of names.entries())
      writeValues(join(fd, name), [m, 1, 1], "Float32LE", valuesOf(m, s, affected));
    writeFileSync(join(out, "subjects.txt"), `${names.join("\n")}\n`);
    const rows = names.map((_, s) => `1\t${isPatient(s) ? 1 : 0}\t${20 + ((7 * s) % 40)}`);
    writeFileSync(join(out, "design.tsv"), `all\tpatient\tage\n${rows.join("\n")}\n`);
    writeFileSync(join(out, "contrast.txt"), "0 -1 0\n0 0 1\n");
  });
}

const isPatient = (subject) => subject >= N_SUBJECTS / 2;

function valuesOf(m, subject, affected) {
  const random = createRandom(subject + 1);
  const places = createRandom(0);
  const values = new Float32Array(m);
  let [shared, loss] = [0, 0];
  for (let i = 0; i < m; i++) {
    if (i % PATCH === 0) {
      shared = random.normal();
      loss = places.uniform() < affected && isPatient(subject) ? 0.2 : 0;
    }
    values[i] = 0.5 + 0.05 * (0.8 * shared + 0.6 * random.normal()) - loss;
  }
  return values;
}

function writeTemplate(folder, m) {
  // voxels of an ellipsoid are pi / 6 of their box, whose sides are as 8 : 10 : 7
  const unit = Math.cbrt(((m / 2) * 1.05 * 6) / Math.PI / 560);
  const grid = [8, 10, 7].map((side) => Math.ceil(side * unit));
  const random = createRandom(99);
  const nVoxels = grid[0] * grid[1] * grid[2];
  const index = new Uint32Array(2 * nVoxels);
  const isInside = (voxel) => {
    const at = [voxel % grid[0], Math.floor(voxel / grid[0]) % grid[1], Math.floor(voxel / grid[0] / grid[1])];
    return at.reduce((sum, value, axis) => sum + ((2 * value + 1) / grid[axis] - 1) ** 2, 0) <= 1;
  };
  let next = 0;
  for (let voxel = 0; voxel < nVoxels && next < m; voxel++) {
    if (!isInside(voxel)) continue;
    const count = Math.min(m - next, 1 + Math.floor(3 * random.uniform()));
    index[voxel] = count;
    index[nVoxels + voxel] = next;
    next += count;
  }
  if (next < m) throw new Error(`The ellipsoid has room for ${next} of ${m} fixels.`);
  const directions = new Float32Array(3 * m);
  for (let i = 0; i < m; i++) {
    const way = [0, 1, 2].map(() => random.normal() + 1e-6);
    const length = Math.hypot(...way);
    for (let axis = 0; axis < 3; axis++) directions[axis * m + i] = way[axis] / length;
  }
  writeValues(join(folder, "index.mif"), [...grid, 2], "UInt32LE", index, { keys: { nfixels: m } });
  writeValues(join(folder, "directions.mif"), [m, 3, 1], "Float32LE", directions);
}

function writeMatrix(folder, m) {
  mkdirSync(folder);
  const index = new BigUint64Array(2 * m);
  const fixels = new Uint32Array(m * (2 * REACH + 1));
  let next = 0;
  for (let i = 0; i < m; i++) {
    index[2 * i + 1] = BigInt(next);
    for (let j = Math.max(0, i - REACH); j <= Math.min(m - 1, i + REACH); j++) fixels[next++] = j;
    index[2 * i] = BigInt(next) - index[2 * i + 1];
  }
  const keys = { nfixels: m };
  const values = new Float32Array(next).fill(1);
  writeValues(join(folder, "index.mif"), [m, 1, 1, 2], "UInt64LE", index, { keys, layout: "+1,+2,+3,+0" });
  writeValues(join(folder, "fixels.mif"), [next, 1, 1], "UInt32LE", fixels.subarray(0, next), { keys });
  writeValues(join(folder, "values.mif"), [next, 1, 1], "Float32LE", values, { keys });
}

function writeValues(path, dim, datatype, values, more = {}) {
  const file = openMif(path, { dim, datatype, ...more });
  writeArray(file, values);
  closeSync(file);
}
