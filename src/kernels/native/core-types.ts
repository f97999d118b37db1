// Which kernels of OpenBLAS to ask for. A library older than the processor takes it for an ancient one, and is ten times slower; its own list of names
// is older still, so the names here are those that every version of the last years knows.
import { readFileSync } from "node:fs";
import { arch, platform } from "node:os";
import type { FoundLibrary } from "./find-libraries.js";

/** Read by OpenBLAS when it is loaded. A user's own stays as it is. */
export const CORE_TYPE = "OPENBLAS_CORETYPE";

/** All of SkylakeX. */
const AVX512 = ["avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl"];
const AVX2 = ["avx2", "fma"];

/** To try in this order; undefined: as the library detects. */
export function coreTypes(
  { kind }: FoundLibrary,
  flags: ReadonlySet<string> = processorFlags(),
  chosen: string | undefined = process.env[CORE_TYPE],
): readonly (string | undefined)[] {
  const isOpenBlas = kind === "openblas" || kind === "named";
  if (!isOpenBlas || chosen !== undefined) return [undefined];
  const has = (names: readonly string[]) => names.every((name) => flags.has(name));
  if (has(AVX512)) return ["SkylakeX", undefined, "Haswell"];
  return has(AVX2) ? ["Haswell", undefined] : [undefined];
}

/** Of the first processor; none where the system does not say so in a file. */
export function processorFlags(): ReadonlySet<string> {
  if (arch() !== "x64" || platform() !== "linux") return new Set();
  try {
    const line = /^flags\s*:(.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"));
    return new Set(line?.[1]?.trim().split(/\s+/));
  } catch {
    return new Set();
  }
}
