// Reference connectivity-based fixel enhancement, float64. Raffelt et al. 2015, NeuroImage 117:40-55, eq. 3. Contract: ../CONTRACTS.md.
import { PANELS } from "../kernel-set.js";

const { lanes: LANES } = PANELS;

export interface EnhanceInputs {
  readonly nRows: number;
  readonly firstElement: number;
  readonly extentPower: number;
  readonly rowStarts: Uint32Array;
  readonly connectedElements: Uint32Array;
  readonly connectionWeights: Float32Array;
  readonly norms: Float32Array;
  readonly heightPowers: Float32Array;
  readonly bins: Uint8Array | Uint16Array;
}

export function enhanceRows(inputs: EnhanceInputs, enhanced: Float32Array, histogram: Float64Array): void {
  for (let i = 0; i < inputs.nRows; i++) {
    for (let lane = 0; lane < LANES; lane++) {
      enhanced[i * LANES + lane] = enhanceOne(inputs, i, lane, histogram);
    }
  }
}

function enhanceOne(inputs: EnhanceInputs, i: number, lane: number, histogram: Float64Array): number {
  const { bins, connectedElements, connectionWeights, extentPower, heightPowers } = inputs;
  const bin = bins[(inputs.firstElement + i) * LANES + lane]!;
  if (bin === 0) return 0;
  histogram.fill(0, 0, bin + 1);
  for (let p = inputs.rowStarts[i]!; p < inputs.rowStarts[i + 1]!; p++) {
    // connections are pairs (u32 element, f32 weight): two views of the same words
    const height = Math.min(bins[connectedElements[2 * p]! * LANES + lane]!, bin);
    histogram[height]! += connectionWeights[2 * p + 1]!;
  }
  let extent = 0;
  let sum = 0;
  for (let h = bin; h >= 1; h--) {
    extent += histogram[h]!;
    sum += extent ** extentPower * heightPowers[h]!;
  }
  return sum * inputs.norms[i]!;
}

export interface ReduceInputs {
  readonly nRows: number;
  readonly firstElement: number;
  readonly firstLane: number;
  readonly endLane: number;
  readonly enhanced: Float32Array;
  readonly defaults: Float32Array;
  readonly eligible: Uint8Array | undefined;
}

export function reduceEnhanced(
  inputs: ReduceInputs,
  counters: Uint32Array,
  maxima: Float32Array,
  maximaElements: Uint32Array,
): void {
  for (let i = 0; i < inputs.nRows; i++) {
    const element = inputs.firstElement + i;
    const eligible = inputs.eligible === undefined || inputs.eligible[element] === 1;
    for (let lane = inputs.firstLane; lane < inputs.endLane; lane++) {
      const value = inputs.enhanced[i * LANES + lane]!;
      if (value < inputs.defaults[element]!) counters[element]!++;
      if (!eligible || !(value > 0)) continue;
      const best = maxima[lane]!;
      if (value > best || (value === best && element < maximaElements[lane]!)) {
        maxima[lane] = value;
        maximaElements[lane] = element;
      }
    }
  }
}
