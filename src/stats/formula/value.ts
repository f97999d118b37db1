// What an expression is worth: numbers by subject (or a few constants), a factor, texts.

export type Value = Numbers | Factor | Texts | Nothing;

export interface Numbers {
  readonly kind: "numbers";
  /** Columns of a matrix; a vector has one. Missing: NaN. */
  readonly columns: readonly Float64Array[];
  /** Names of the columns of a matrix. */
  readonly names?: readonly string[];
  /** TRUE and FALSE: as a variable it is a factor of two levels. */
  readonly logical?: boolean;
}

export interface Factor {
  readonly kind: "factor";
  readonly levels: readonly string[];
  /** Index into levels; -1: missing. */
  readonly codes: Int32Array;
  readonly ordered: boolean;
  /** Set by C(): instead of the option's. */
  readonly contrasts?: Contrasts;
}

export interface Texts {
  readonly kind: "texts";
  readonly values: readonly string[];
}

export interface Nothing {
  readonly kind: "nothing";
}

export type ContrastName = "treatment" | "sum" | "helmert" | "poly";

export interface Contrasts {
  readonly name: ContrastName;
  /** Of treatment: which level is the reference, from 1. */
  readonly base?: number;
}

export const numbers = (values: ArrayLike<number>, logical = false): Numbers => ({
  kind: "numbers",
  columns: [values instanceof Float64Array ? values : Float64Array.from(values)],
  ...(logical ? { logical } : {}),
});

export const lengthOf = (value: Value): number =>
  value.kind === "numbers"
    ? (value.columns[0]?.length ?? 0)
    : value.kind === "factor"
      ? value.codes.length
      : value.kind === "texts"
        ? value.values.length
        : 0;
