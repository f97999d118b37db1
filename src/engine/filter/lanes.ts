// Values of a group of subjects in the linear memory, as the kernels of each filter want them.
//
//   smooth  values, filtered f32 [m][L]          cfe  bins u16, filtered f32, tiles of 16 lanes [L/16][m][16]
import { POWERS_OF_TWO } from "../../kernels/exp-constants.js";
import { PANELS } from "../../kernels/kernel-set.js";
import { binOfZ } from "../../stats/glm/bin-scale.js";
import { heightPowersOf } from "../plan/heights.js";
import type { Enhancement, FilterInputs, Lanes, Smoothing } from "./inputs.js";
import { MOST_BINS } from "./plan.js";

export function createSmoothLanes(
  buffer: ArrayBufferLike,
  { nFixels, plan }: FilterInputs,
  { keeps, fillPlaces }: Smoothing,
): Lanes {
  const { regions, nLanes } = plan;
  const values = new Float32Array(buffer, regions.values!, nFixels * nLanes);
  const filtered = new Float32Array(buffer, regions.filtered, nFixels * nLanes);
  const complete = new Uint8Array(buffer, regions.complete!, nFixels);
  new Float64Array(buffer, regions.powers!, POWERS_OF_TWO.length).set(POWERS_OF_TWO);
  fillPlaces(new Float32Array(buffer, regions.places!, 4 * nFixels));
  return {
    begin(count) {
      complete.fill(1);
      filtered.fill(Number.NaN);
      // lanes of a larger group before
      if (count < nLanes) values.fill(0);
    },
    set(lane, fixel, given) {
      const value = Math.fround(given);
      const at = fixel * nLanes + lane;
      if (keeps[fixel] === 1) filtered[at] = value;
      if (value - value === 0) values[at] = value;
      else {
        values[at] = Number.NaN;
        complete[fixel] = 0;
      }
    },
    order: () => ({ phase: "filter", nBins: 0 }),
    get: (lane, fixel) => filtered[fixel * nLanes + lane]!,
    wasMissing: (lane, fixel) => complete[fixel] === 0 && Number.isNaN(values[fixel * nLanes + lane]!),
  };
}

const { lanes: TILE } = PANELS;

export function createEnhanceLanes(
  buffer: ArrayBufferLike,
  { nFixels, plan, inside }: FilterInputs,
  { dh, heightPower }: Enhancement,
): Lanes {
  const { regions, nLanes } = plan;
  const bins = new Uint16Array(buffer, regions.bins!, nFixels * nLanes);
  const filtered = new Float32Array(buffer, regions.filtered, nFixels * nLanes);
  new Float32Array(buffer, regions.heightPowers!, MOST_BINS).set(heightPowersOf({ dh, heightPower }, MOST_BINS));
  const placeOf = (lane: number, fixel: number) => (Math.floor(lane / TILE) * nFixels + fixel) * TILE + (lane % TILE);
  let largest = 0;
  return {
    begin() {
      bins.fill(0);
      filtered.fill(0);
      largest = 0;
    },
    set(lane, fixel, given) {
      if (inside?.[fixel] === 0) return; // 0
      const value = Math.fround(given);
      const at = placeOf(lane, fixel);
      if (value - value !== 0) filtered[at] = value;
      else if (value > 0) {
        const bin = Math.min(MOST_BINS - 1, binOfZ({ kind: "steps", dh }, value));
        bins[at] = bin;
        if (bin > largest) largest = bin;
      }
    },
    order: () => ({ phase: "filter", nBins: largest + 2 }),
    get: (lane, fixel) => filtered[placeOf(lane, fixel)]!,
    wasMissing: () => false,
  };
}
