// The C library's mapping calls, through koffi. Loaded on first use, so that a machine without koffi's binary still runs (positional reads).
// Addresses are bigint and never leave src/mapping: whoever holds one after munmap kills the process by touching it.
import { createRequire } from "node:module";

export interface Libc {
  /** Maps `lengthBytes` of `fd` from `byteOffset` (multiple of 64 KiB), read-only and shared. Address, or undefined with `errno` set. */
  mmap(fd: number, byteOffset: number, lengthBytes: number): bigint | undefined;
  munmap(address: bigint, lengthBytes: number): boolean;
  /** Pages the range in (MADV_POPULATE_READ): false with `errno` set where the kernel cannot. `address` is page-aligned. */
  populate(address: bigint, lengthBytes: number): boolean;
  /**
   * Asks for pages of 2 MiB where whole ones fit into `bytes`, before they are first touched (MADV_HUGEPAGE, Linux). False with `errno` set where the kernel has none; nothing
   * is lost then.
   */
  adviseLargePages(bytes: Uint8Array): boolean;
  /** Safety: [source, source + lengthBytes) must lie inside a live mapping. */
  memcpy(target: Uint8Array, source: bigint, lengthBytes: number): void;
  errno(): number;
}

/** POSIX values, the same on Linux and macOS. */
const PROT_READ = 1;
const MAP_SHARED = 1;
const MAP_FAILED = 0xffffffffffffffffn;
/** Linux 5.14 and later. Answers EFAULT where touching the page would raise SIGBUS. */
const MADV_POPULATE_READ = 22;
const MADV_HUGEPAGE = 14;
/** Bytes. What madvise wants its addresses to be a multiple of; more than the smallest page of some machines does no harm. */
const PAGE_BYTES = 65_536;

let loaded: { libc: Libc } | { reason: string } | undefined;

/** The C library, or the reason why it cannot be had. Loads koffi once per thread; Tests give a name that does not exist. */
export function loadLibc(name = "koffi"): { libc: Libc } | { reason: string } {
  if (name !== "koffi") return bind(name);
  loaded ??= bind(name);
  return loaded;
}

function bind(name: string): { libc: Libc } | { reason: string } {
  if (process.platform === "win32") return { reason: "files cannot be mapped on Windows" };
  try {
    const koffi = createRequire(import.meta.url)(name) as typeof import("koffi");
    const lib = koffi.load(null); // the running process: its libc, glibc, musl or macOS
    const mmap = lib.func("void *mmap(void *addr, size_t len, int prot, int flags, int fd, int64_t off)");
    const munmap = lib.func("int munmap(void *addr, size_t len)");
    const madvise = lib.func("int madvise(void *addr, size_t len, int advice)");
    const memcpy = lib.func("void *memcpy(void *dst, void *src, size_t n)");
    return {
      libc: {
        mmap(fd, byteOffset, lengthBytes) {
          const address: bigint | null = mmap(null, lengthBytes, PROT_READ, MAP_SHARED, fd, byteOffset);
          return address === null || address === MAP_FAILED ? undefined : address;
        },
        munmap: (address, lengthBytes) => munmap(address, lengthBytes) === 0,
        populate: (address, lengthBytes) => madvise(address, lengthBytes, MADV_POPULATE_READ) === 0,
        adviseLargePages(bytes) {
          const skipped = Number(-koffi.address(bytes) & BigInt(PAGE_BYTES - 1));
          const length = Math.floor((bytes.byteLength - skipped) / PAGE_BYTES) * PAGE_BYTES;
          return (
            process.platform === "linux" && length > 0 && madvise(bytes.subarray(skipped), length, MADV_HUGEPAGE) === 0
          );
        },
        memcpy: (target, source, lengthBytes) => void memcpy(target, source, lengthBytes),
        errno: () => koffi.errno(),
      },
    };
  } catch (error) {
    const text = error instanceof Error ? error.message.split("\n")[0] : String(error);
    return { reason: `koffi does not load: ${text}` };
  }
}
