// exp of a float32 that is not above 0, as the C library rounds it. Contract and constants: ../CONTRACTS.md, expf; ../exp-constants.ts.

/** `powers`: f64 [32], 2^(i/32). */
// @ts-ignore: decorator
@inline
export function expOfNegative(x: f32, powers: usize): f32 {
  // below, a float32 rounds it to 0
  if (x < -104) return 0;
  if (x != x) return x;
  const z: f64 = <f64>x * 46.16624130844683;
  const whole = nearest<f64>(z);
  const r = z - whole;
  const k = <i32>whole;
  const power = reinterpret<f64>(load<i64>(powers + (<usize>(k & 31) << 3)) + (<i64>(k >> 5) << 52));
  const upper = 1.6938359250920212e-6 * r + 0.00023459809789509004;
  const lower = 0.021660849396613134 * r + 1;
  return <f32>((upper * (r * r) + lower) * power);
}
