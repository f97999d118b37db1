// Whether float32 are all finite: not of the kernels' module but one of its own, with a memory of its own, because a conversion compiles nothing else. Its bytes are in
// src/store/finite-module.ts, which says how they are made.

/** `from` to `end`, in bytes: a multiple of 64 of them. */
export function allFinite(from: usize, end: usize): i32 {
  const mask = i32x4.splat(0x7f800000);
  let a = i32x4.splat(0), b = a, c = a, d = a;
  for (; from < end; from += 64) {
    a = v128.or(a, i32x4.eq(v128.and(v128.load(from), mask), mask));
    b = v128.or(b, i32x4.eq(v128.and(v128.load(from, 16), mask), mask));
    c = v128.or(c, i32x4.eq(v128.and(v128.load(from, 32), mask), mask));
    d = v128.or(d, i32x4.eq(v128.and(v128.load(from, 48), mask), mask));
  }
  return i32(!v128.any_true(v128.or(v128.or(a, b), v128.or(c, d))));
}
