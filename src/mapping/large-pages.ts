// Memory in large pages: what is touched for the first time costs the kernel a fault a page, and a page has 4 KiB unless it is asked for others.
import { loadLibc } from "./libc.js";

/** To be asked for before the memory is touched. False where it cannot be had, which costs time and nothing else. */
export function useLargePages(bytes: Uint8Array): boolean {
  const loaded = loadLibc();
  return "libc" in loaded && loaded.libc.adviseLargePages(bytes);
}
