// How a result compares with a planted effect: the demo's last line.
import { openImage } from "../../formats/image.js";

export interface TruthComparison {
  readonly planted: number;
  readonly found: number;
  readonly elsewhere: number;
}

/** Both are fixel data files of one template; significant is fwe_1mpvalue > 0.95. */
export function compareWithTruth(truthPath: string, fwePath: string): TruthComparison {
  const [truth, fwe] = [truthPath, fwePath].map((path) => {
    const image = openImage(path);
    const values = new Float32Array(image.nElements);
    image.copyValuesInto(values, 0, values.length);
    image.close();
    return values;
  }) as [Float32Array, Float32Array];
  let planted = 0;
  let found = 0;
  let elsewhere = 0;
  for (const [i, value] of truth.entries()) {
    if (value > 0) planted++;
    if (fwe[i]! > 0.95) value > 0 ? found++ : elsewhere++;
  }
  return { planted, found, elsewhere };
}
