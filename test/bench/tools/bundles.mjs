// A template as tractography makes it: bundles of streamlines through a grid of voxels, fixels where they pass, connected by the share of their
// streamlines. Smoothed subjects on it, as fixelfilter smooths. Bounds of enhanced statistics live on such structure: connections at random have none.
import { closeSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { once, writeDesign } from "./inputs.mjs";
import { openMif, writeArray } from "./mif.mjs";
import { createRandom } from "./random.mjs";

/** Half axes of the brain, in mm. */
const AXES = [65, 85, 60];
const MOST_FIXELS = 6;
/** Directions nearer than 40 degrees are one fixel's. */
const SAME_DIRECTION = 0.766;
const LEAST_STREAMLINES = 12;
const LEAST_VALUE = 0.01;
/** Of the Gaussian along connections, in mm. */
const FWHM = 10;

/**
 * A fixel directory with its matrix and `n` smoothed subjects (the second half patients, lower in a stretch of one bundle): fd/, matrix/, subjects.txt,
 * design.txt, contrast.txt. About 100,000 fixels with 400 connections: voxel 2.2, 400,000 streamlines, dispersion 0.7.
 */
export function bundleCohort(dir, { n, voxel, nStreamlines, dispersion }) {
  const name = `bundles-${n}x${voxel}-${nStreamlines}-${dispersion}`;
  return once(join(dir, name), (out) => {
    const template = makeTemplate({ voxel, nStreamlines, dispersion });
    const connections = connect(template);
    mkdirSync(join(out, "fd"));
    writeTemplate(join(out, "fd"), template);
    writeMatrix(join(out, "matrix"), connections);
    writeSubjects(out, n, template, connections);
  });
}

function makeTemplate({ voxel, nStreamlines, dispersion }) {
  const random = createRandom(11);
  const u = () => random.uniform();
  const grid = [140, 180, 130].map((mm) => Math.floor(mm / voxel) + 2);
  const nVoxels = grid[0] * grid[1] * grid[2];
  const surface = () => {
    const d = [random.normal(), random.normal(), random.normal()];
    const length = Math.hypot(...d);
    return d.map((x, a) => (0.92 * AXES[a] * x) / length);
  };
  const bundles = Array.from({ length: 60 }, () => {
    let [from, to] = [surface(), surface()];
    while (Math.hypot(...from.map((x, a) => x - to[a])) < 45) [from, to] = [surface(), surface()];
    const k = 0.25 + 0.35 * u();
    const inner = (p) => p.map((x) => k * x + 8 * random.normal());
    const radius = Math.min(13, Math.exp(Math.log(5.5) + 0.38 * random.normal()));
    const points = [from, inner(from), inner(to), to];
    return { points, radius, share: radius * radius * Math.exp(0.6 * random.normal()) };
  });
  const shares = bundles.reduce((sum, { share }) => sum + share, 0);
  const directions = new Float32Array(nVoxels * MOST_FIXELS * 3);
  const found = new Uint8Array(nVoxels);

  const lists = [];
  for (const bundle of bundles) {
    const count = Math.round((nStreamlines * bundle.share) / shares);
    for (let s = 0; s < count; s++)
      lists.push(follow(bundle, { u, random, voxel, grid, dispersion, directions, found }));
  }
  // slots that enough streamlines pass become fixels, in the order of voxels
  const counts = new Uint32Array(nVoxels * MOST_FIXELS);
  for (const list of lists) for (const slot of list) counts[slot]++;
  const fixelOf = new Int32Array(counts.length).fill(-1);
  const slots = [];
  for (let slot = 0; slot < counts.length; slot++) {
    if (counts[slot] < LEAST_STREAMLINES) continue;
    fixelOf[slot] = slots.length;
    slots.push(slot);
  }
  const streamlines = lists.map((list) =>
    Int32Array.from([...list].map((slot) => fixelOf[slot]).filter((f) => f >= 0)),
  );

  return { grid, voxel, slots, directions, streamlines };
}

/** Slots (voxel x fixel) that one streamline passes, each once. */
function follow({ points, radius }, { u, random, voxel, grid, dispersion, directions, found }) {
  const at = (t) => {
    const v = 1 - t;
    return points[0].map(
      (_, a) =>
        v * v * v * points[0][a] +
        3 * v * v * t * points[1][a] +
        3 * v * t * t * points[2][a] +
        t * t * t * points[3][a],
    );
  };
  const length = 120;
  const step = (0.45 * voxel) / length;
  let [a, b] = [2 * u() - 1, 2 * u() - 1];
  while (a * a + b * b > 1) [a, b] = [2 * u() - 1, 2 * u() - 1];
  [a, b] = [a * radius, b * radius];
  const part = u() < 0.45 ? 0.2 + 0.6 * u() : 1;
  const start = u() * (1 - part);
  const spread = dispersion * Math.sqrt((0.45 * voxel) / 40);
  const slots = new Set();
  let before = at(start);
  for (let t = start + step; t <= start + part; t += step) {
    const here = at(t);
    const tangent = here.map((x, i) => x - before[i]);
    const size = Math.hypot(...tangent) || 1;
    const [tx, ty, tz] = tangent.map((x) => x / size);
    before = here;
    a += spread * random.normal();
    b += spread * random.normal();
    const out = Math.hypot(a, b) / (1.05 * radius);
    if (out > 1) [a, b] = [a / out, b / out];
    // two directions across, continuous along the curve
    const d = 0.31 * tx + 0.22 * ty + 0.92 * tz;
    const up = [0.31 - d * tx, 0.22 - d * ty, 0.92 - d * tz];
    const n = Math.hypot(...up) || 1;
    const [ux, uy, uz] = up.map((x) => x / n);
    const across = [ty * uz - tz * uy, tz * ux - tx * uz, tx * uy - ty * ux];
    const fan = 1 + 0.8 * (2 * t - 1) ** 4;
    const p = [ux, uy, uz].map((x, i) => here[i] + fan * (a * x + b * across[i]));
    if (p.reduce((sum, x, i) => sum + (x / AXES[i]) ** 2, 0) > 1) continue;
    const [x, y, z] = p.map((mm, i) => Math.floor((mm + [70, 90, 65][i]) / voxel));
    const place = x + grid[0] * (y + grid[1] * z);
    let best = -1;
    for (let f = 0; f < found[place]; f++) {
      const o = (place * MOST_FIXELS + f) * 3;
      if (Math.abs(directions[o] * tx + directions[o + 1] * ty + directions[o + 2] * tz) > SAME_DIRECTION) best = f;
    }
    if (best < 0) {
      if (found[place] === MOST_FIXELS) continue;
      best = found[place]++;
      directions.set([tx, ty, tz], (place * MOST_FIXELS + best) * 3);
    }
    slots.add(place * MOST_FIXELS + best);
  }
  return slots;
}

/** Of each fixel, ascending: those that share at least a hundredth of its streamlines. */
function connect({ slots, streamlines }) {
  const m = slots.length;
  const starts = new Uint32Array(m + 1);
  for (const list of streamlines) for (const f of list) starts[f + 1]++;
  for (let f = 0; f < m; f++) starts[f + 1] += starts[f];
  const passing = new Uint32Array(starts[m]);
  const next = starts.slice();
  for (const [s, list] of streamlines.entries()) for (const f of list) passing[next[f]++] = s;
  const shared = new Uint32Array(m);
  const rows = [];
  for (let f = 0; f < m; f++) {
    const touched = [];
    for (let p = starts[f]; p < starts[f + 1]; p++) {
      for (const to of streamlines[passing[p]]) if (shared[to]++ === 0) touched.push(to);
    }
    const count = starts[f + 1] - starts[f];
    const kept = Uint32Array.from(touched.filter((to) => shared[to] >= LEAST_VALUE * count)).sort();
    rows.push({ fixels: kept, values: Float32Array.from(kept, (to) => shared[to] / count) });
    for (const to of touched) shared[to] = 0;
  }
  return rows;
}

function writeTemplate(folder, { grid, slots, directions }) {
  const m = slots.length;
  const nVoxels = grid[0] * grid[1] * grid[2];
  const index = new Uint32Array(2 * nVoxels);
  const along = new Float32Array(3 * m);
  for (const [fixel, slot] of slots.entries()) {
    const voxel = Math.floor(slot / MOST_FIXELS);
    if (index[voxel]++ === 0) index[nVoxels + voxel] = fixel;
    for (let a = 0; a < 3; a++) along[a * m + fixel] = directions[slot * 3 + a];
  }
  write(join(folder, "index.mif"), { dim: [...grid, 2], datatype: "UInt32LE", keys: { nfixels: m } }, index);
  write(join(folder, "directions.mif"), { dim: [m, 3, 1], datatype: "Float32LE" }, along);
}

function write(path, header, ...arrays) {
  const file = openMif(path, header);
  for (const array of arrays) writeArray(file, array);
  closeSync(file);
}

function writeMatrix(folder, rows) {
  mkdirSync(folder);
  const m = rows.length;
  const index = new BigUint64Array(2 * m);
  let total = 0;
  for (const [f, { fixels }] of rows.entries()) {
    index[f] = BigInt(fixels.length);
    index[m + f] = BigInt(total);
    total += fixels.length;
  }
  write(join(folder, "index.mif"), { dim: [m, 1, 1, 2], datatype: "UInt64LE" }, index);
  const all = (of) => rows.map((row) => row[of]);
  write(join(folder, "fixels.mif"), { dim: [total, 1, 1], datatype: "UInt32LE" }, ...all("fixels"));
  write(join(folder, "values.mif"), { dim: [total, 1, 1], datatype: "Float32LE" }, ...all("values"));
}

function writeSubjects(out, n, { grid, voxel, slots }, rows) {
  const m = slots.length;
  const places = slots.map((slot) => {
    const at = Math.floor(slot / MOST_FIXELS);
    return [at % grid[0], Math.floor(at / grid[0]) % grid[1], Math.floor(at / (grid[0] * grid[1]))].map(
      (i) => i * voxel,
    );
  });
  const spread = 2 * (FWHM / 2.3548) ** 2;
  // kernels once: value along the connection times the Gaussian of the distance
  const kernels = rows.map(({ fixels, values }, f) => {
    const [near, weights] = [[], []];
    let sum = 0;
    for (let i = 0; i < fixels.length; i++) {
      const to = places[fixels[i]];
      const d2 = places[f].reduce((s, x, a) => s + (x - to[a]) ** 2, 0);
      const w = values[i] * Math.exp(-d2 / spread);
      if (w < 0.01) continue;
      near.push(fixels[i]);
      weights.push(w);
      sum += w;
    }
    return { near: Uint32Array.from(near), weights: Float32Array.from(weights, (w) => w / sum) };
  });
  const centre = rows[Math.floor(m / 3)];
  const lowered = centre.fixels.filter((_, i) => centre.values[i] > 0.05);
  const [raw, smooth] = [new Float32Array(m), new Float32Array(m)];
  const names = [];
  for (let s = 0; s < n; s++) {
    const random = createRandom(1000 + s);
    for (let f = 0; f < m; f++) raw[f] = 0.5 + 0.2 * random.normal();
    if (s >= n / 2) for (const f of lowered) raw[f] -= 0.02;
    for (let f = 0; f < m; f++) {
      const { near, weights } = kernels[f];
      let value = 0;
      for (let i = 0; i < near.length; i++) value += weights[i] * raw[near[i]];
      smooth[f] = value;
    }
    const name = `sub-${String(s).padStart(5, "0")}.mif`;
    write(join(out, "fd", name), { dim: [m, 1, 1], datatype: "Float32LE" }, smooth);
    names.push(name);
  }
  writeFileSync(join(out, "subjects.txt"), `${names.join("\n")}\n`);
  writeDesign(out, n);
}
