// Components of random graphs beside a search that anybody can follow; what edges and axes are called.

import { expect, it } from "vitest";
import { edgeOf } from "../../src/formats/connectome.js";
import { axisInWords, componentsOf, nodesOfEdge } from "../../src/report/clusters.js";
import { fc } from "../support/seeded-check.js";

it("components are those that a search from each member reaches", () => {
  const graph = fc.record({
    nElements: fc.integer({ min: 1, max: 30 }),
    pairs: fc.array(fc.tuple(fc.nat(29), fc.nat(29)), { maxLength: 40 }),
    members: fc.uniqueArray(fc.nat(29), { maxLength: 30 }),
  });
  fc.assert(
    fc.property(graph, ({ nElements, pairs, members: drawn }) => {
      const members = Uint32Array.from(drawn.filter((element) => element < nElements).sort((a, b) => a - b));
      const inside = pairs.filter((pair) => pair.every((element) => element < nElements));
      // one direction alone connects, and elements outside do not
      const found = componentsOf(members, nElements, (element, visit) => {
        for (const [a, b] of inside) if (a === element) visit(b);
      });
      const reach = (start: number): Set<number> => {
        const seen = new Set([start]);
        for (const element of seen)
          for (const [a, b] of inside)
            for (const [from, to] of [
              [a, b],
              [b, a],
            ] as const)
              if (from === element && members.includes(to)) seen.add(to);
        return seen;
      };
      for (const [i, element] of members.entries()) {
        const together = [...members].filter((_, j) => found[j] === found[i]);
        expect(together).toEqual([...reach(element)].sort((a, b) => a - b));
      }
      // numbers in the order of first appearance
      expect([...new Set(found)]).toEqual(Array.from({ length: new Set(found).size }, (_, i) => i));
    }),
  );
});

it("edges are pairs of nodes of the upper triangle with its diagonal", () => {
  for (const nNodes of [1, 2, 5, 24])
    for (let i = 0; i < nNodes; i++)
      for (let j = i; j < nNodes; j++) expect(nodesOfEdge(edgeOf(i, j, nNodes), nNodes)).toEqual([i, j]);
});

it.each([
  [[1, 0, 0], "left–right"],
  [[0.1, -0.99, 0.1], "posterior–anterior"],
  [[0, 0.3, 0.95], "inferior–superior"],
  [[0.7, 0, 0.71], "between inferior–superior and left–right"],
  [[Number.NaN, Number.NaN, Number.NaN], "n/a"],
])("an axis of %j runs %s", (direction, words) => {
  expect(axisInWords(direction)).toBe(words);
});
