// Looking for a BLAS: where, in which order, and which kernels of it to ask for.
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { coreTypes } from "../../../src/kernels/native/core-types.js";
import { findLibraries } from "../../../src/kernels/native/find-libraries.js";
import { temporaryDirectory } from "../../support/temporary-directory.js";

const linux = (env: Record<string, string>) => findLibraries({ platform: "linux", env });

describe("findLibraries", () => {
  it("looks in module and conda paths, MKL first, and takes a library once whatever it is called", () => {
    const directory = temporaryDirectory();
    const [modules, conda] = [join(directory, "modules"), join(directory, "conda")];
    for (const path of [modules, join(conda, "lib")]) mkdirSync(path, { recursive: true });
    writeFileSync(join(modules, "openblas-r0.so"), "");
    symlinkSync("openblas-r0.so", join(modules, "libopenblas.so.0"));
    symlinkSync("openblas-r0.so", join(modules, "libblas.so.3"));
    writeFileSync(join(conda, "lib", "libmkl_rt.so.2"), "");
    const found = linux({ LD_LIBRARY_PATH: `${join(directory, "none")}:${modules}`, CONDA_PREFIX: conda });
    const own = found.filter(({ path }) => path.startsWith(directory));
    expect(own).toEqual([
      { kind: "mkl", path: join(conda, "lib", "libmkl_rt.so.2") },
      { kind: "openblas", path: join(modules, "libopenblas.so.0") },
    ]);
  });

  it("takes the user's library and no other, or none", () => {
    expect(linux({ FIXELSTREAM_BLAS: "/somewhere/libmy.so" })).toEqual([
      { kind: "named", path: "/somewhere/libmy.so" },
    ]);
    expect(linux({ FIXELSTREAM_BLAS: "none" })).toEqual([]);
  });

  it("finds nothing on Windows, and Apple's own on macOS", () => {
    expect(findLibraries({ platform: "win32", env: {} })).toEqual([]);
    expect(findLibraries({ platform: "darwin", env: {} })[0]!.kind).toBe("accelerate");
  });
});

describe("coreTypes", () => {
  // what is chosen by default is the environment's
  beforeEach(() => void vi.stubEnv("OPENBLAS_CORETYPE", undefined));
  afterEach(() => void vi.unstubAllEnvs());

  const AVX2 = new Set(["avx2", "fma"]);
  const AVX512 = new Set([...AVX2, "avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl"]);
  const openBlas = { kind: "openblas", path: "" } as const;

  it("asks OpenBLAS for what the processor can, then for what it detects", () => {
    expect(coreTypes(openBlas, AVX512, undefined)).toEqual(["SkylakeX", undefined, "Haswell"]);
    expect(coreTypes(openBlas, AVX2, undefined)).toEqual(["Haswell", undefined]);
    expect(coreTypes(openBlas, new Set(["avx512f", "avx2", "fma"]), undefined)[0]).toBe("Haswell");
    expect(coreTypes(openBlas, new Set(), undefined)).toEqual([undefined]);
  });

  it("leaves other libraries, and what the user chose, as they are", () => {
    expect(coreTypes({ kind: "mkl", path: "" }, AVX512, undefined)).toEqual([undefined]);
    expect(coreTypes(openBlas, AVX512, "Zen")).toEqual([undefined]);
  });
});
