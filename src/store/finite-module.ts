// src/kernels/assembly/finite.ts as it is compiled: asc finite.ts -O3 --runtime stub --noAssert --enable simd --initialMemory 1 (test/slow/finite-module.test.ts does it
// again). In the text because 300 B are not worth a file that every packaging must bring along.
export const FINITE_MODULE =
  "AGFzbQEAAAABBwFgAn9/AX8DAgEABQMBAAEHFgIJYWxsRmluaXRlAAAGbWVtb3J5AgAK/AEB+QEBBHsDQCAAIAFJBEAgAiAA/QAEAP0MAACAfwAAgH8AAIB/AACAf/1O/QwAAIB/AACAfwAAgH8AAIB//Tf9UCECIAMgAP0ABBD9DAAAgH8AAIB/AACAfwAAgH/9Tv0MAACAfwAAgH8AAIB/AACAf/03/VAhAyAEIAD9AAQg/QwAAIB/AACAfwAAgH8AAIB//U79DAAAgH8AAIB/AACAfwAAgH/9N/1QIQQgBSAA/QAEMP0MAACAfwAAgH8AAIB/AACAf/1O/QwAAIB/AACAfwAAgH8AAIB//Tf9UCEFIABBQGshAAwBCwsgAiAD/VAgBCAF/VD9UP1TRQs=";
