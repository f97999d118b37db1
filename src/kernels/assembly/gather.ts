// The masked shuffle and the gather in one, into panels or into rows. Contracts: ../CONTRACTS.md.
export function f64GatherMasked(
  nRows: i32, nBasis: i32, nShuffles: i32, positions: usize, positionBytes: i32, signs: usize, nMissing: i32, missing: usize, basis: usize, gathered: usize, scratch: usize,
): void {
  gather(false, true, nRows, nBasis, nShuffles, positions, positionBytes, signs, nMissing, missing, basis, gathered, scratch);
}

export function f32GatherMasked(
  nRows: i32, nBasis: i32, nShuffles: i32, positions: usize, positionBytes: i32, signs: usize, nMissing: i32, missing: usize, basis: usize, gathered: usize, scratch: usize,
): void {
  gather(true, true, nRows, nBasis, nShuffles, positions, positionBytes, signs, nMissing, missing, basis, gathered, scratch);
}

export function f64GatherMaskedRows(
  nRows: i32, nBasis: i32, nShuffles: i32, positions: usize, positionBytes: i32, signs: usize, nMissing: i32, missing: usize, basis: usize, gathered: usize, scratch: usize,
): void {
  gather(false, false, nRows, nBasis, nShuffles, positions, positionBytes, signs, nMissing, missing, basis, gathered, scratch);
}

export function f32GatherMaskedRows(
  nRows: i32, nBasis: i32, nShuffles: i32, positions: usize, positionBytes: i32, signs: usize, nMissing: i32, missing: usize, basis: usize, gathered: usize, scratch: usize,
): void {
  gather(true, false, nRows, nBasis, nShuffles, positions, positionBytes, signs, nMissing, missing, basis, gathered, scratch);
}

// @ts-ignore: decorator
@inline
function gather(
  isSingle: bool, inPanels: bool, nRows: i32, nBasis: i32, nShuffles: i32, positions: usize, positionBytes: i32, signs: usize,
  nMissing: i32, missing: usize, basis: usize, gathered: usize, scratch: usize,
): void {
  const shift: usize = isSingle ? 2 : 3, rowBytes = <usize>nRows << shift, panelBytes = rowBytes << 2, padded = <usize>(nRows + 15 & ~15), used = nShuffles * nBasis;
  // by target: 1 where the source is missing; of four, bytes of the entries that were left out before; what the row has. Then the entries of each row
  const isMany = nMissing > nRows >> 4, flags = scratch, before = flags + padded, row = before + padded, entries = row + (padded << shift), entryBytes = padded << shift;
  placeEntries(isSingle, nRows - nMissing, nBasis, basis, entries, entryBytes);
  memory.fill(flags, 0, padded);
  if (inPanels && (used & 3)) memory.fill(gathered + <usize>(used >> 2) * panelBytes, 0, panelBytes);
  for (let b = 0, r = 0; b < nShuffles; b++) {
    const position = positions + <usize>b * <usize>nRows * <usize>positionBytes;
    for (let m = 0; m < nMissing; m++) store<u8>(flags + positionOf(position, positionBytes, missing, m), 1);
    for (let j = 0; j < nBasis; j++, r++) {
      layOut(isSingle, nRows, isMany, padded, position, positionBytes, signs == 0 ? 0 : signs + <usize>b * <usize>nRows, nMissing, missing, flags, before, entries + <usize>j * entryBytes, row);
      const to = inPanels ? gathered + <usize>(r >> 2) * panelBytes + (<usize>(r & 3) << shift) : gathered + <usize>r * rowBytes;
      if (positionBytes == 2) take(isSingle, inPanels, true, nRows, position, row, to);
      else take(isSingle, inPanels, false, nRows, position, row, to);
    }
    for (let m = 0; m < nMissing; m++) store<u8>(flags + positionOf(position, positionBytes, missing, m), 0);
  }
}

/** One row by target, 0 where the source is missing: those have a flag. `signs`: of the shuffle. */
// @ts-ignore: decorator
@inline
export function layOut(
  isSingle: bool, nRows: i32, isMany: bool, padded: usize, position: usize, positionBytes: i32, signs: usize, nMissing: i32, missing: usize,
  flags: usize, before: usize, entries: usize, row: usize,
): void {
  const shift: usize = isSingle ? 2 : 3;
  if (isMany) spreadAll(isSingle, padded, flags, entries, row);
  else spread(isSingle, padded, flags, before, entries, row);
  for (let m = isMany ? nMissing : 0; m < nMissing; m++) placeFour(isSingle, positionOf(position, positionBytes, missing, m) & ~3, flags, before, entries, row);
  if (signs == 0) return;
  applySigns(isSingle, nRows, signs, row);
  // not -0
  for (let m = 0; m < nMissing; m++) put(isSingle, row + (positionOf(position, positionBytes, missing, m) << shift), 0);
}

/** Target of the m-th missing source. */
// @ts-ignore: decorator
@inline
export function positionOf(position: usize, positionBytes: i32, missing: usize, m: i32): usize {
  const source = <usize>load<i32>(missing + (<usize>m << 2));
  return positionBytes == 2 ? targetAt(true, position + (source << 1)) : targetAt(false, position + (source << 2));
}

// @ts-ignore: decorator
@inline
export function targetAt(isShort: bool, position: usize): usize { return isShort ? <usize>load<u16>(position) : <usize>load<u32>(position); }

// @ts-ignore: decorator
@inline
function put(isSingle: bool, at: usize, value: f64): void {
  if (isSingle) store<f32>(at, <f32>value); else store<f64>(at, value);
}

/** Each row of the basis for itself, rounded once. */
// @ts-ignore: decorator
@inline
export function placeEntries(isSingle: bool, count: i32, nBasis: i32, basis: usize, entries: usize, entryBytes: usize): void {
  for (let j = 0; j < nBasis; j++) {
    let from = basis + (<usize>j << 3), to = entries + <usize>j * entryBytes;
    for (let t = 0; t < count; t++, from += <usize>nBasis << 3, to += isSingle ? 4 : 8) put(isSingle, to, load<f64>(from));
  }
}

/** Entries by target, as if of four targets side by side no source were missing: a branch for those that are would be predicted wrong for most. */
// @ts-ignore: decorator
@inline
function spread(isSingle: bool, padded: usize, flags: usize, before: usize, entries: usize, row: usize): void {
  const size: usize = isSingle ? 4 : 8, bytes = isSingle ? 0x04040404 : 0x08080808;
  let lag: usize = 0;
  for (const end = flags + padded; flags < end; flags += 16, before += 16, row += 16 * size, entries += 16 * size) {
    lag += spreadFour(isSingle, flags, bytes, before, entries - lag, row, lag);
    lag += spreadFour(isSingle, flags + 4, bytes, before + 4, entries + 4 * size - lag, row + 4 * size, lag);
    lag += spreadFour(isSingle, flags + 8, bytes, before + 8, entries + 8 * size - lag, row + 8 * size, lag);
    lag += spreadFour(isSingle, flags + 12, bytes, before + 12, entries + 12 * size - lag, row + 12 * size, lag);
  }
}

/** Returns bytes of the entries that are left out of the four. */
// @ts-ignore: decorator
@inline
function spreadFour(isSingle: bool, flags: usize, bytes: u32, before: usize, from: usize, row: usize, lag: usize): usize {
  v128.store(row, v128.load(from));
  if (!isSingle) v128.store(row, v128.load(from, 16), 16);
  store<u32>(before, <u32>lag);
  return <usize>(load<u32>(flags) * bytes >> 24);
}

/** The same where many are missing. */
// @ts-ignore: decorator
@inline
function spreadAll(isSingle: bool, padded: usize, flags: usize, entries: usize, row: usize): void {
  const size: usize = isSingle ? 4 : 8, shift: usize = isSingle ? 2 : 3;
  for (const end = flags + padded; flags < end; flags += 4, row += 4 * size) {
    const all = load<u32>(flags), a = all & 1, b = all >> 8 & 1, c = all >> 16 & 1, d = all >> 24;
    placeOne(isSingle, a, entries, row); entries += <usize>(1 - a) << shift;
    placeOne(isSingle, b, entries, row + size); entries += <usize>(1 - b) << shift;
    placeOne(isSingle, c, entries, row + 2 * size); entries += <usize>(1 - c) << shift;
    placeOne(isSingle, d, entries, row + 3 * size); entries += <usize>(1 - d) << shift;
  }
}

/** Of four targets from `first` on, of which some have a missing source. */
// @ts-ignore: decorator
@inline
function placeFour(isSingle: bool, first: usize, flags: usize, before: usize, entries: usize, row: usize): void {
  const shift: usize = isSingle ? 2 : 3, from = entries + (first << shift) - <usize>load<u32>(before + first);
  spreadAll(isSingle, 4, flags + first, from, row + (first << shift));
}

// @ts-ignore: decorator
@inline
function placeOne(isSingle: bool, isMissing: u32, from: usize, to: usize): void {
  if (isSingle) store<u32>(to, load<u32>(from) & (isMissing - 1)); else store<u64>(to, load<u64>(from) & (<u64>isMissing - 1));
}

// @ts-ignore: decorator
@inline
function applySigns(isSingle: bool, nRows: i32, signs: usize, row: usize): void {
  for (const end = signs + <usize>nRows; signs < end; signs += 4, row += isSingle ? 16 : 32) {
    const four = i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(v128.load32_zero(signs)));
    if (isSingle) v128.store(row, f32x4.mul(v128.load(row), f32x4.convert_i32x4_s(four)));
    else {
      v128.store(row, f64x2.mul(v128.load(row), f64x2.convert_low_i32x4_s(four)));
      v128.store(row, f64x2.mul(v128.load(row, 16), f64x2.convert_low_i32x4_s(v128.shuffle<i32>(four, four, 2, 3, 2, 3))), 16);
    }
  }
}

/** By source: loads at random and stores in order take half of the time of the opposite, whose loads wait for the stores that seem to be where they are. */
// @ts-ignore: decorator
@inline
function take(isSingle: bool, inPanels: bool, isShort: bool, nRows: i32, position: usize, row: usize, to: usize): void {
  const step: usize = (isSingle ? 4 : 8) * (inPanels ? 4 : 1), positionStep: usize = isShort ? 2 : 4;
  for (const end = position + <usize>(nRows & ~3) * positionStep; position < end; position += 4 * positionStep, to += 4 * step) {
    takeOne(isSingle, isShort, position, row, to);
    takeOne(isSingle, isShort, position + positionStep, row, to + step);
    takeOne(isSingle, isShort, position + 2 * positionStep, row, to + 2 * step);
    takeOne(isSingle, isShort, position + 3 * positionStep, row, to + 3 * step);
  }
  for (let i = nRows & ~3; i < nRows; i++, position += positionStep, to += step) takeOne(isSingle, isShort, position, row, to);
}

// @ts-ignore: decorator
@inline
function takeOne(isSingle: bool, isShort: bool, position: usize, row: usize, to: usize): void {
  const target = targetAt(isShort, position);
  if (isSingle) store<f32>(to, load<f32>(row + (target << 2))); else store<f64>(to, load<f64>(row + (target << 3)));
}
