// zod, loaded when the first file is looked at that is described with it: some 30 ms of processor time in the built program, which most commands that write do not need.
import { createRequire } from "node:module";
import type { z } from "zod";

type Zod = typeof z;
let loaded: Zod | undefined;

/** What a file must be, described when the first one is looked at: a description that is made costs milliseconds too. */
export function shapeOf<Shape>(describe: (z: Zod) => Shape): () => Shape {
  let made: { readonly shape: Shape } | undefined;
  return () => {
    made ??= { shape: describe(zod()) };
    return made.shape;
  };
}

export function zod(): Zod {
  loaded ??= (createRequire(import.meta.url)("zod") as { readonly z: Zod }).z;
  return loaded;
}
