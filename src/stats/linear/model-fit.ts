// What the fit of one element answers, of whatever model; NaN where there is nothing to say. Used again for every element.

export interface ModelFit {
  /** f64 [columns] each; NaN for a column that others explain. */
  readonly estimate: Float64Array;
  readonly stdError: Float64Array;
  rSquared: number;
  df: number;
  logLik: number;
  AIC: number;
  BIC: number;
  deviance: number;
  dfResidual: number;
  nObs: number;
  /** What is left is rounding: R says "essentially perfect fit". */
  isPerfect: boolean;
}

export const createModelFit = (nColumns: number): ModelFit => ({
  ...{ estimate: new Float64Array(nColumns), stdError: new Float64Array(nColumns), rSquared: 0, df: 0 },
  ...{ logLik: 0, AIC: 0, BIC: 0, deviance: 0, dfResidual: 0, nObs: 0, isPerfect: false },
});
