// zod, loaded when the first file is looked at that is described with it: 95 modules, 55 ms of processor time, which most commands that write do not need.
import { createRequire } from "node:module";
import type { z } from "zod";

type Zod = typeof z;
let loaded: Zod | undefined;

export function zod(): Zod {
  loaded ??= (createRequire(import.meta.url)("zod") as { readonly z: Zod }).z;
  return loaded;
}
