// The registry: one entry a case. A case is
//   group, name      where it stands in the table
//   quick            also run with --quick
//   needs            a command that must be on PATH (else the case is left out, and the report says so)
//   run(context)     measures, asserts its answer (tools/measure.mjs), returns { figures, note? }
// A figure is { name, value, unit } and, where an issue sets one, a target: atMost or atLeast. A ratio without one says what is better, "more" or "less" of
// it, for the history; "neither" where it is the rest of a difference, too small to be compared.
// context: { mode: "quick" | "full", dir, fixelstream(args), built(path), kernelBench(), isThere(command) }.
import { boundCases } from "./cases/bounds.mjs";
import { peerConnectivity } from "./cases/connectivity.mjs";
import { elementwise } from "./cases/elementwise.mjs";
import { enhanceCases } from "./cases/enhance.mjs";
import { epilogueCases } from "./cases/epilogues.mjs";
import { peerFixelFilter } from "./cases/filter.mjs";
import { glmCases } from "./cases/glm.mjs";
import { gemmCases, peakCases } from "./cases/kernels.mjs";
import { checkpointCases, limitCases } from "./cases/limits.mjs";
import { modelCases } from "./cases/models.mjs";
import { nativeCases } from "./cases/native.mjs";
import { networkCase } from "./cases/networks.mjs";
import { peerFixelCfe } from "./cases/peers.mjs";
import { postMortemCases } from "./cases/post-mortem.mjs";
import { reportCase } from "./cases/report.mjs";
import { memoryCases, runCases } from "./cases/runs.mjs";
import { start } from "./cases/start.mjs";
import { stoppingCases } from "./cases/stopping.mjs";
import { conversion, packedConversion, storePass } from "./cases/store.mjs";
import { voxelCase } from "./cases/voxels.mjs";

export const CASES = [
  start,
  ...peakCases,
  ...gemmCases,
  ...nativeCases,
  ...enhanceCases,
  ...glmCases,
  ...epilogueCases,
  conversion,
  packedConversion,
  storePass,
  ...runCases,
  ...checkpointCases,
  ...boundCases,
  ...stoppingCases,
  ...memoryCases,
  ...limitCases,
  ...modelCases,
  elementwise,
  reportCase,
  ...postMortemCases,
  peerFixelCfe,
  networkCase,
  voxelCase,
  peerFixelFilter,
  peerConnectivity,
];
