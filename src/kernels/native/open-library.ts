// The product of the system's BLAS, through koffi, on views of the shared linear memory: nothing is copied.
// Danger: a library made for another processor kills the process. What is opened here by an analysis has been tried in a process of its own (run-trial.ts).
import { createRequire } from "node:module";
import type { RowProduct, RowProductKernel } from "../kernel-set.js";
import { CORE_TYPE } from "./core-types.js";
import type { NativeLibrary } from "./native-product.js";

export interface OpenedLibrary {
  readonly name: string;
  readonly version: string;
  /** The processor it takes this one for; empty where it does not say. */
  readonly core: string;
  /** `buffer`: the whole linear memory, which must not grow. */
  bind(buffer: ArrayBufferLike): RowProduct;
}

/** One thread a call: our own threads call at once. Read when a library is loaded. */
export const ONE_THREAD: Readonly<Record<string, string>> = {
  OPENBLAS_NUM_THREADS: "1",
  MKL_NUM_THREADS: "1",
  MKL_THREADING_LAYER: "SEQUENTIAL",
  BLIS_NUM_THREADS: "1",
  VECLIB_MAXIMUM_THREADS: "1",
};

/** CBLAS: rows, neither operand transposed. */
const [ROW_MAJOR, NO_TRANSPOSE] = [101, 111];

/** In the main thread, before a library is loaded: threads have copies of the environment, libraries read that of the process. */
export function prepareEnvironment({ coreType }: Pick<NativeLibrary, "coreType">): void {
  Object.assign(process.env, ONE_THREAD);
  if (coreType !== undefined) process.env[CORE_TYPE] ??= coreType;
}

/** Throws an Error that says why it cannot be used. */
export function openLibrary({ path }: NativeLibrary): OpenedLibrary {
  const koffi = createRequire(import.meta.url)("koffi") as typeof import("koffi");
  const library = koffi.load(path);
  const has = (declaration: string) => {
    try {
      return library.func(declaration);
    } catch {
      return undefined;
    }
  };
  const text = (declaration: string): string => String(has(declaration)?.() ?? "");
  has("void openblas_set_num_threads(int count)")?.(1);
  has("void MKL_Set_Num_Threads(int count)")?.(1);
  has("void bli_thread_set_num_threads(int64_t count)")?.(1);
  const dgemm = library.func(gemm("cblas_dgemm", "double"));
  const sgemm = library.func(gemm("cblas_sgemm", "float"));
  const config = text("const char *openblas_get_config()");
  const blis = text("const char *bli_info_get_version_str()");
  const isMkl = has("void MKL_Set_Num_Threads(int count)") !== undefined;
  const [name, version] =
    config !== ""
      ? (["OpenBLAS", /\d+(\.\d+)+/.exec(config)?.[0] ?? ""] as const)
      : isMkl
        ? (["MKL", mklVersion(has)] as const)
        : blis !== ""
          ? (["BLIS", blis] as const)
          : ([path.includes("Accelerate") ? "Accelerate" : "BLAS", ""] as const);
  const core = text("const char *openblas_get_corename()");
  return {
    ...{ name, version, core },
    bind(buffer) {
      const kernel =
        (gemmOf: typeof dgemm, Values: typeof Float64Array | typeof Float32Array): RowProductKernel =>
        (nOut, nRows, width, gathered, columns, product, slice = nRows) => {
          const { BYTES_PER_ELEMENT: bytes } = Values;
          const view = (pointer: number, count: number) => new Values(buffer as ArrayBuffer, pointer, count);
          const c = view(product, nOut * width);
          for (let first = 0; first < nRows; first += slice) {
            const count = Math.min(slice, nRows - first);
            const a = view(gathered + first * bytes, nOut * nRows - first);
            const b = view(columns + first * width * bytes, count * width);
            const beta = first === 0 ? 0 : 1;
            gemmOf(ROW_MAJOR, NO_TRANSPOSE, NO_TRANSPOSE, nOut, width, count, 1, a, nRows, b, width, beta, c, width);
          }
        };
      return { f64: kernel(dgemm, Float64Array), f32: kernel(sgemm, Float32Array) };
    },
  };
}

const gemm = (name: string, type: string) =>
  `void ${name}(int order, int transA, int transB, int m, int n, int k, ${type} alpha, const void *a, int lda, const void *b, int ldb, ${type} beta, void *c, int ldc)`;

function mklVersion(has: (declaration: string) => ((...values: unknown[]) => unknown) | undefined): string {
  const text = Buffer.alloc(198);
  has("void MKL_Get_Version_String(void *text, int length)")?.(text, text.length - 1);
  return /\d+(\.\d+)+/.exec(text.toString("latin1"))?.[0] ?? "";
}
