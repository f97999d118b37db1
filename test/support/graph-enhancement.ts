// An enhancement over a stated graph, for the engine: TFCE with dh = 0.1, E = 0.5 and H = 2 unless it is given otherwise.
import type { GraphEnhancement } from "../../src/engine/inputs.js";
import { type Graph, listsOf } from "./oracle-graph.js";

export function graphEnhancement(
  graph: Graph,
  given: Partial<Omit<GraphEnhancement, "kind" | "neighbours">> = {},
): GraphEnhancement {
  const lists = listsOf(graph);
  return {
    kind: "graph",
    neighbours: {
      count: lists.neighbours.length,
      copyInto(starts, neighbours) {
        starts.set(lists.starts);
        neighbours.set(lists.neighbours);
      },
    },
    heights: { kind: "steps", dh: 0.1, strict: true, rounded: true },
    extentPower: 0.5,
    heightPower: 2,
    ...given,
  };
}
