// The table of element kinds, for programs. Adding a kind: a row (element-kind.ts says what is in it), an input, a writer of results and a command.
//
//   kind    inputs                                order              mask             enhancement  results
//   fixel   fixel directory and list, store, .h5  that of the index  fixel data file  cfe          fixel directory
//   voxel   list of images, store, .h5            mask's strides     image            tfce, sizes  images on the mask's grid
//   edge    list of matrices, store               upper triangle     matrix           nbs, tfnbs   matrices of nodes x nodes (.csv)
//   vector  list, matrix, .npy, .npz, store, .h5  as it is           none             none         tables (.csv)
export { inferEdges, mergeEdges, planEdges } from "./edges.js";
export { inferFixels, mergeFixels, planInference } from "./fixels.js";
export { inferVectors, mergeVectors, planVectors } from "./vectors.js";
export { inferVoxels, mergeVoxels, planVoxels } from "./voxels.js";
