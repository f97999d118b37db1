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
  const { bins, connectedElements, connectionWeights, rowStarts } = inputs;
  const bin = bins[(inputs.firstElement + i) * LANES + lane]!;
  const connections = {
    elements: connectedElements,
    weights: connectionWeights,
    first: rowStarts[i]!,
    end: rowStarts[i + 1]!,
  };
  return enhancedValue(connections, { bins, lane, bin, norm: inputs.norms[i]! }, inputs, histogram);
}

interface Connections {
  /** Pairs (u32 element, f32 weight): two views of the same words. */
  readonly elements: Uint32Array;
  readonly weights: Float32Array;
  readonly first: number;
  readonly end: number;
}

/** One lane of one row. `lane`: of the bins of element 0. */
export function enhancedValue(
  { elements, weights, first, end }: Connections,
  { bins, lane, bin, norm }: { bins: Uint8Array | Uint16Array; lane: number; bin: number; norm: number },
  { extentPower, heightPowers }: Pick<EnhanceInputs, "extentPower" | "heightPowers">,
  histogram: Float64Array,
): number {
  if (bin === 0) return 0;
  histogram.fill(0, 0, bin + 1);
  for (let p = first; p < end; p++) {
    const height = Math.min(bins[elements[2 * p]! * LANES + lane]!, bin);
    histogram[height]! += weights[2 * p + 1]!;
  }
  let extent = 0;
  let sum = 0;
  for (let h = bin; h >= 1; h--) {
    extent += histogram[h]!;
    sum += extent ** extentPower * heightPowers[h]!;
  }
  return sum * norm;
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
  counters: Uint32Array | undefined,
  maxima: Float32Array,
  maximaElements: Uint32Array,
): void {
  for (let i = 0; i < inputs.nRows; i++) {
    const element = inputs.firstElement + i;
    const eligible = inputs.eligible === undefined || inputs.eligible[element] === 1;
    for (let lane = inputs.firstLane; lane < inputs.endLane; lane++) {
      const value = inputs.enhanced[i * LANES + lane]!;
      if (counters !== undefined && value < inputs.defaults[element]!) counters[element]!++;
      if (!eligible || !(value > 0)) continue;
      const best = maxima[lane]!;
      if (value > best || (value === best && element < maximaElements[lane]!)) {
        maxima[lane] = value;
        maximaElements[lane] = element;
      }
    }
  }
}
