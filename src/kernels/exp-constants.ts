// exp of a float32 as glibc from 2.28 on computes it in float64: MRtrix3's weights are its numbers, and a correctly rounded exp differs from it in one of
// some 2000 arguments. Coefficients: Arm Optimized Routines, expf (N = 32, degree 3). Against the library at every float32 from -110 to 0 this form differs
// at one, -0x1.f8cbb2p+5, where processors with fused multiply-add round the last product otherwise.

/** exp(x) = 2^(k/32) (1 + ..), k the nearest whole number to 32 x / ln 2, r what is left. */
export const EXP = {
  /** 32 / ln 2. */
  perUnit: 46.16624130844683,
  /** Of r, r^2, r^3. */
  coefficients: [0.021660849396613134, 0.00023459809789509004, 1.6938359250920212e-6],
  /** Below, a float32 rounds it to 0. */
  least: -104,
} as const;

/** f64 [32]: 2^(i/32), correctly rounded. */
export const POWERS_OF_TWO: readonly number[] = [
  1.0,
  1.0218971486541166,
  1.0442737824274138,
  1.0671404006768237,
  1.0905077326652577,
  1.1143867425958924,
  1.1387886347566916,
  1.1637248587775775,
  1.189207115002721,
  1.215247359980469,
  1.241857812073484,
  1.2690509571917332,
  1.2968395546510096,
  1.3252366431597413,
  1.3542555469368927,
  1.383909881963832,
  Math.SQRT2,
  1.4451808069770467,
  1.4768261459394993,
  1.5091644275934228,
  1.5422108254079407,
  1.5759808451078865,
  1.6104903319492543,
  1.645755478153965,
  1.681792830507429,
  1.718619298122478,
  1.7562521603732995,
  1.7947090750031072,
  1.8340080864093424,
  1.8741676341103,
  1.9152065613971474,
  1.9571441241754002,
];
