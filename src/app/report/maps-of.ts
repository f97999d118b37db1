// What is shown of the data and the fit as maps: residuals, gaps, elements that nothing enhances.
import { count } from "../../report/numbers.js";
import { type DataMap, ELEMENTS, type Kind, type Values } from "../../report/report-data.js";
import type { ResultReader } from "./read-values.js";

export interface MapInputs {
  readonly kind: Kind;
  /** Undefined: not counted. */
  readonly missingCounts: Float32Array | undefined;
  /** Undefined: there is no matrix. */
  readonly unconnected: Float32Array | undefined;
}

export async function mapsOf({ read, nElements }: ResultReader, inputs: MapInputs): Promise<DataMap[]> {
  const maps: DataMap[] = [];
  for (const name of ["std_dev", ...Array.from({ length: 9 }, (_, group) => `std_dev${group}`)]) {
    const values = await read(name);
    if (values === undefined) continue;
    maps.push(residualMap(values, inputs.kind, name === "std_dev" ? undefined : name.slice("std_dev".length)));
  }
  return [...maps, ...mapsOfData({ ...inputs, nElements })];
}

/** `group`: of variances. */
export function residualMap(values: Values, kind: Kind, group?: string): DataMap {
  return {
    title: `Residual standard deviation${group === undefined ? "" : `, variance group ${group}`}`,
    words: `What the design does not explain, in the units of the data. Where it is large, registration or the data may be poor; where it is 0, the ${ELEMENTS[kind].one} does not vary.`,
    ...{ values, isRare: false },
  };
}

export function mapsOfData({
  kind,
  nElements,
  missingCounts,
  unconnected,
}: MapInputs & { readonly nElements: number }): DataMap[] {
  const { many } = ELEMENTS[kind];
  const maps: DataMap[] = [];
  if (missingCounts !== undefined) {
    const n = missingCounts.reduce((sum, value) => sum + (value > 0 ? 1 : 0), 0);
    maps.push({
      title: "Missing values",
      words:
        n === 0
          ? `No subject lacks a value in any of the ${count(nElements)} ${many}.`
          : `How many subjects have no value: in ${count(n)} of ${count(nElements)} ${many} somebody is left out.`,
      ...{ values: missingCounts, isRare: true },
    });
  }
  if (unconnected !== undefined) {
    const n = unconnected.reduce((sum, value) => sum + value, 0);
    maps.push({
      title: `Unconnected ${many}`,
      words:
        n === 0
          ? `Each of the ${count(nElements)} ${many} is connected with another one.`
          : `${count(n)} of ${count(nElements)} ${many} are connected with no other: nothing supports them in enhancement, so that they are hardly ever significant.`,
      ...{ values: unconnected, isRare: true },
    });
  }
  return maps;
}
