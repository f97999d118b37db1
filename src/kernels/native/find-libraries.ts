// Where a BLAS may lie on this machine. Looking only: what is found is tried before it is used (run-trial.ts).
import { existsSync, realpathSync } from "node:fs";
import { delimiter, join } from "node:path";

export type LibraryKind = "named" | "mkl" | "openblas" | "blis" | "accelerate" | "blas";

export interface FoundLibrary {
  readonly kind: LibraryKind;
  readonly path: string;
}

/** What decides where is looked. */
export interface Surroundings {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The user's own: a path, or "none" for no library at all. */
export const NAMED_BY = "FIXELSTREAM_BLAS";

/** In the order in which they are tried. */
const NAMES: Readonly<Record<"linux" | "darwin", readonly (readonly [LibraryKind, readonly string[]])[]>> = {
  linux: [
    ["mkl", ["libmkl_rt.so.2", "libmkl_rt.so.1", "libmkl_rt.so"]],
    ["openblas", ["libopenblas.so.0", "libopenblas.so"]],
    ["blis", ["libblis.so.4", "libblis.so.3", "libblis.so.2", "libblis.so"]],
    ["blas", ["libblas.so.3"]],
  ],
  darwin: [
    ["openblas", ["libopenblas.0.dylib", "libopenblas.dylib"]],
    ["blis", ["libblis.4.dylib", "libblis.dylib"]],
  ],
};

const SYSTEM_DIRECTORIES = {
  linux: [
    ...["/usr/local/lib", "/usr/local/lib64", "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu"],
    ...["/usr/lib64", "/usr/lib", "/opt/intel/oneapi/mkl/latest/lib", "/opt/intel/oneapi/mkl/latest/lib/intel64"],
    ...["/opt/intel/mkl/lib/intel64", "/opt/OpenBLAS/lib"],
  ],
  darwin: ["/opt/homebrew/opt/openblas/lib", "/usr/local/opt/openblas/lib"],
} as const;

const ACCELERATE = "/System/Library/Frameworks/Accelerate.framework/Accelerate";

/** Every library once, whatever names it goes by; the user's own alone where there is one. */
export function findLibraries({ platform, env }: Surroundings): FoundLibrary[] {
  const named = env[NAMED_BY];
  if (named === "none") return [];
  if (named !== undefined && named !== "") return [{ kind: "named", path: named }];
  if (platform !== "linux" && platform !== "darwin") return [];
  const own = platform === "linux" ? env["LD_LIBRARY_PATH"] : env["DYLD_LIBRARY_PATH"];
  const modules = [...(own ?? "").split(delimiter), ...condaDirectory(env)].filter((directory) => directory !== "");
  const found = new Map<string, FoundLibrary>();
  // frameworks are in the system's cache, where no file shows
  if (platform === "darwin") found.set(ACCELERATE, { kind: "accelerate", path: ACCELERATE });
  for (const [kind, names] of NAMES[platform]) {
    for (const directory of [...modules, ...SYSTEM_DIRECTORIES[platform]]) {
      const name = names.find((candidate) => existsSync(join(directory, candidate)));
      if (name === undefined) continue;
      const path = join(directory, name);
      const real = realpathSync(path);
      if (!found.has(real)) found.set(real, { kind, path });
    }
  }
  return [...found.values()];
}

const condaDirectory = (env: Surroundings["env"]): string[] =>
  env["CONDA_PREFIX"] ? [join(env["CONDA_PREFIX"], "lib")] : [];
