// The table of element kinds, for programs. Adding a kind: a row (element-kind.ts says what is in it), an input, a writer of results and a command.
//
//   kind    inputs                                order              mask             enhancement  results
//   fixel   fixel directory and list, store, .h5  that of the index  fixel data file  cfe          fixel directory
//   vector  list, matrix, .npy, .npz, store, .h5  as it is           none             none         tables (.csv)
export { inferFixels, planInference } from "./fixels.js";
export { inferVectors, planVectors } from "./vectors.js";
