// The SIMD128 kernel module. Contracts: ../CONTRACTS.md. Every instance imports one shared memory; the module itself keeps no state in it.
export { f64Gemm, f32Gemm } from "./gemm";
export { f64PackColumns, f64MarkMissing, sortColumns, f64ProjectOut, f64SumSquares, f64ScaleColumns, f64AddScaled, f64GatherBasis, f32GatherBasis, f32FromF64Panels } from "./pack";
export { f64BinStatistics, f64BinScores } from "./bins";
// called by name only inside: see statistic.ts
export { f64BinRow, f64Bin1, f64Bin1Corrected1, f64Bin1Corrected2, f64Bin1Corrected3, f64Bin1Corrected, f64Bin2, f64Bin2Corrected1, f64Bin2Corrected, f64Bin3, f64Bin3Corrected1, f64Bin3Corrected, f64Bin4, f64Bin4Corrected, f64BinAny, f64BinAnyCorrected, f32BinRow, f32Bin1, f32Bin1Corrected1, f32Bin1Corrected2, f32Bin1Corrected3, f32Bin1Corrected, f32Bin2, f32Bin2Corrected1, f32Bin2Corrected, f32Bin3, f32Bin3Corrected1, f32Bin3Corrected, f32Bin4, f32Bin4Corrected, f32BinAny, f32BinAnyCorrected, binScores, binOf } from "./bins";
export { f64ScoreRow, f64Score1, f64Score1Corrected1, f64Score1Corrected2, f64Score1Corrected3, f64Score1Corrected, f64Score2, f64Score2Corrected1, f64Score2Corrected, f64Score3, f64Score3Corrected1, f64Score3Corrected, f64Score4, f64Score4Corrected, f64ScoreAny, f64ScoreAnyCorrected, f32ScoreRow, f32Score1, f32Score1Corrected1, f32Score1Corrected2, f32Score1Corrected3, f32Score1Corrected, f32Score2, f32Score2Corrected1, f32Score2Corrected, f32Score3, f32Score3Corrected1, f32Score3Corrected, f32Score4, f32Score4Corrected, f32ScoreAny, f32ScoreAnyCorrected } from "./score";
export { pooledPlain, pooledShiftedRow, pooledShifted1, pooledShifted, pooledByColumn1, pooledByColumn, pooledShiftedByColumn, singlePlain, singleShiftedRow, singleShifted1, singleShifted, singleByColumn1, singleByColumn, singleShiftedByColumn } from "./varying";
export { f64ScoreStatistics, f64ReduceScores, f64ReduceMembers } from "./score";
export { f64ScreenScores, f32ScreenProducts, f32LargestProducts, f64ProductsOf, f64MaskedProducts } from "./screen";
export { f32EnhanceRows, f32KeepDefault, f32ReduceEnhanced } from "./cfe";
export { f32EnhanceGrid, f32EnhanceGridExact } from "./grid";
export { f32ReduceMap } from "./maps";
export { f32EnhanceNetwork, f32EnhanceNetworkExact } from "./network";
export { u8LevelBins, boundRows, f32EnhanceOne } from "./bounds";
export { f64PooledStatistics, f64LaneProduct, f32LaneProduct, f64LaneSquares, f32LaneSquares } from "./varying";
export { f64GatherMasked, f32GatherMasked, f64GatherMaskedRows, f32GatherMaskedRows } from "./gather";
export { f64MaskedPair, f64FactorisePair, f64PreparePair } from "./masked";
export { f64GroupedStatistics, f64GroupedByColumn } from "./grouped";
export { f64RowsFromPanels, f32RowsFromPanels, f64GatherRows, f32GatherRows } from "./rows";
export { f32SmoothingWeights, f32SmoothRows } from "./smooth";
export { f32TraceVoxels } from "./trace";
export { countRows } from "./count";
