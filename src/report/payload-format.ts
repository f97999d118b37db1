// What is in the pictures' payload: a header in JSON, and arrays one after the other, each filled up to 8 bytes, deflated and in base64.
//   voxels    u32  places in the cropped grid, ascending, as differences          counts     u8  elements of each
//   element   u32  number of each element in that order, as differences; absent where they are 0, 1, 2, ..
//   direction i8   [elements][3] x 127, along the grid's axes                      mean, background   u8
//   and of each hypothesis, for the elements in `of` (as differences; absent: all): statistic, effect i16 of a scale, p u16: -log10(p) x pScale

export interface ArrayPlace {
  readonly type: "u8" | "i8" | "u16" | "i16" | "u32";
  readonly offset: number;
  readonly length: number;
}

/** What every picture says of a hypothesis. */
export interface HypothesisHead {
  readonly name: string;
  readonly title: string;
  /** `t` or `F` */
  readonly statistic: string;
  /** What the effect's colour says: ` %`, or empty, the units of the data; absent: an F-test. */
  readonly effectUnit?: string;
  readonly hasP: boolean;
  /** What an effect above 0 means, as a sentence without its stop. */
  readonly meaning?: string | undefined;
}

export interface PayloadHypothesis extends HypothesisHead {
  /** Value = scale x stored. */
  readonly scales: { readonly statistic: number; readonly effect: number };
  readonly arrays: Readonly<Record<"of" | "statistic" | "effect" | "p", ArrayPlace | undefined>>;
  readonly peaks: readonly { readonly cluster: number; readonly element: number }[];
}

export interface Payload {
  readonly kind: "fixel" | "voxel";
  readonly dimensions: readonly [number, number, number];
  readonly voxelSizes: readonly [number, number, number];
  /** 3 x 4, of the cropped grid. */
  readonly toMm: readonly (readonly number[])[];
  readonly arrays: Readonly<
    Record<"voxels" | "counts" | "element" | "direction" | "mean" | "background", ArrayPlace | undefined>
  >;
  /** Of what `background` is. */
  readonly backgroundName?: string;
  /** Of `mean`: the largest value, in the units of the data. */
  readonly meanScale: number;
  readonly hypotheses: readonly PayloadHypothesis[];
  readonly nElements: number;
  readonly pScale: number;
}
