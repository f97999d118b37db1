// The SIMD128 kernel module. Contracts: ../CONTRACTS.md. Every instance imports one shared memory; the module itself keeps no state in it.
export { f64Gemm, f32Gemm } from "./gemm";
export { f64PackColumns, f64MarkMissing, f64ProjectOut, f64SumSquares, f64ScaleColumns, f64AddScaled, f64GatherBasis, f32GatherBasis, f32FromF64Panels, f64FromF32 } from "./pack";
export { f64BinStatistics } from "./bins";
export { f64ScoreStatistics, f64ReduceScores } from "./score";
export { f32EnhanceRows, f32KeepDefault, f32ReduceEnhanced } from "./cfe";
export { u8LevelBins, boundRows, f32EnhanceOne } from "./bounds";
export { f64PooledStatistics, f64LaneProduct, f64BinScores, f64GatherMasked } from "./varying";
export { f64GroupedStatistics } from "./grouped";
