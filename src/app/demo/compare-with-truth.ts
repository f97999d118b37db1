// How a result compares with a planted effect: the demo's last line.
import { edgesOfConnectome } from "../../formats/connectome.js";
import { openImage } from "../../formats/image.js";
import { readMatrix } from "../../formats/text/matrix.js";

export interface TruthComparison {
  readonly planted: number;
  readonly found: number;
  readonly elsewhere: number;
}

/** Both are images of the same fixels or voxels; significant is fwe_1mpvalue > 0.95. */
export function compareWithTruth(truthPath: string, fwePath: string): TruthComparison {
  const [truth, fwe] = [truthPath, fwePath].map((path) => {
    const image = openImage(path);
    const values = new Float32Array(image.nElements);
    image.copyValuesInto(values, 0, values.length);
    image.close();
    return values;
  }) as [Float32Array, Float32Array];
  return countFound(truth, fwe);
}

/** Matrices of nodes x nodes in text; edges are counted once. */
export async function compareConnectomes(truthPath: string, fwePath: string): Promise<TruthComparison> {
  const [truth, fwe] = await Promise.all(
    [truthPath, fwePath].map(async (path) => edgesOfConnectome(await readMatrix(path), path)),
  );
  return countFound(truth!, fwe!);
}

function countFound(truth: ArrayLike<number>, fwe: ArrayLike<number>): TruthComparison {
  let planted = 0;
  let found = 0;
  let elsewhere = 0;
  for (let i = 0; i < truth.length; i++) {
    const isPlanted = truth[i]! > 0;
    if (isPlanted) planted++;
    if (fwe[i]! > 0.95) isPlanted ? found++ : elsewhere++;
  }
  return { planted, found, elsewhere };
}
