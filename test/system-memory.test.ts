// What a container leaves to work in.
import { expect, it } from "vitest";
import { BudgetError } from "../src/errors.js";
import { boundMemory } from "../src/system-memory.js";

const MiB = 2 ** 20;

it("is what was asked for where there is no limit, or room enough", () => {
  expect(boundMemory(512 * MiB, 2, undefined)).toEqual({ memoryBytes: 512 * MiB, warning: undefined });
  expect(boundMemory(512 * MiB, 2, (512 + 170) * MiB)).toEqual({ memoryBytes: 512 * MiB, warning: undefined });
});

it("is what is left beside Node and its threads, which is said", () => {
  expect(boundMemory(1024 * MiB, 2, 512 * MiB)).toEqual({
    memoryBytes: 342 * MiB,
    warning: {
      tag: "memory-limit",
      message:
        "This container may take 512 MiB, and Node itself and 2 threads take about 170 MiB: planned for 342 MiB instead of 1 GiB (--memory).",
    },
  });
});

it("is refused where it is next to nothing", () => {
  expect(() => boundMemory(1024 * MiB, 2, 110 * MiB)).toThrow(
    new BudgetError(
      "Cannot work in the 110 MiB that this container may take: expected 186 MiB or more, because Node itself and 2 threads take about 170 MiB. Raise the container's limit, or use fewer threads.",
      { neededBytes: 186 * MiB, givenBytes: 110 * MiB },
    ),
  );
  expect(() => boundMemory(1024 * MiB, 0, 140 * MiB)).toThrow(/expected 166 MiB .* Raise the container's limit\.$/);
});
