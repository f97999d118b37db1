// The use case "make a store of vectors".
import {
  convertVectors,
  openVectorSource,
  type VectorConversion,
  type VectorSummary,
} from "../../../converters/vectors.js";

export interface ConvertVectorsOptions extends Omit<VectorConversion, "source"> {
  /** A list of vector files, or a matrix in text, .npy or .npz; of a .npz with several arrays the one that is called as `scalar`. */
  readonly input: string;
}

/** Throws UsageError, InputError, BudgetError. */
export async function convertVectorInput({ input, ...conversion }: ConvertVectorsOptions): Promise<VectorSummary> {
  const array = { name: conversion.scalar, canBeNamed: true };
  const source = await openVectorSource(input, { ...conversion, array });
  return await convertVectors({ ...conversion, source });
}
