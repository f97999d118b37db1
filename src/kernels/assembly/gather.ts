// The masked shuffle and the gather in one, into panels or into rows. Contracts: ../CONTRACTS.md.
export function f64GatherMasked(
  nRows: i32, nBasis: i32, nShuffles: i32, labels: usize, labelBytes: i32, signs: usize, nMissing: i32, missing: usize, basis: usize, gathered: usize, scratch: usize,
): void {
  gather(false, true, nRows, nBasis, nShuffles, labels, labelBytes, signs, nMissing, missing, basis, gathered, scratch);
}

export function f32GatherMasked(
  nRows: i32, nBasis: i32, nShuffles: i32, labels: usize, labelBytes: i32, signs: usize, nMissing: i32, missing: usize, basis: usize, gathered: usize, scratch: usize,
): void {
  gather(true, true, nRows, nBasis, nShuffles, labels, labelBytes, signs, nMissing, missing, basis, gathered, scratch);
}

export function f64GatherMaskedRows(
  nRows: i32, nBasis: i32, nShuffles: i32, labels: usize, labelBytes: i32, signs: usize, nMissing: i32, missing: usize, basis: usize, gathered: usize, scratch: usize,
): void {
  gather(false, false, nRows, nBasis, nShuffles, labels, labelBytes, signs, nMissing, missing, basis, gathered, scratch);
}

export function f32GatherMaskedRows(
  nRows: i32, nBasis: i32, nShuffles: i32, labels: usize, labelBytes: i32, signs: usize, nMissing: i32, missing: usize, basis: usize, gathered: usize, scratch: usize,
): void {
  gather(true, false, nRows, nBasis, nShuffles, labels, labelBytes, signs, nMissing, missing, basis, gathered, scratch);
}

/** Two rows of a shuffle at a time share the labels: in panels where they lie side by side. */
// @ts-ignore: decorator
@inline
function gather(
  isSingle: bool, inPanels: bool, nRows: i32, nBasis: i32, nShuffles: i32, labels: usize, labelBytes: i32, signs: usize,
  nMissing: i32, missing: usize, basis: usize, gathered: usize, scratch: usize,
): void {
  const shift: usize = isSingle ? 2 : 3, rowBytes = <usize>nRows << shift, panelBytes = rowBytes << 2, steps = scratch, used = nShuffles * nBasis;
  const entries = isSingle ? scratch + (<usize>(nRows + 3 & ~3) << 2) : basis, sourceShift: usize = inPanels ? shift + 2 : shift, across: usize = inPanels ? <usize>1 << shift : rowBytes;
  placeSteps(nRows, nMissing, missing, nBasis << <i32>shift, steps);
  if (isSingle) roundEntries((nRows - nMissing) * nBasis, basis, entries);
  if (inPanels && (used & 3)) memory.fill(gathered + <usize>(used >> 2) * panelBytes, 0, panelBytes);
  for (let b = 0, r = 0; b < nShuffles; b++) {
    const label = labels + <usize>b * <usize>nRows * <usize>labelBytes, sign = signs + <usize>b * <usize>nRows;
    for (let j = 0; j < nBasis; ) {
      const isPair = j + 1 < nBasis && !(inPanels && (r & 1)), entry = entries + (<usize>j << shift);
      const to = inPanels ? gathered + <usize>(r >> 2) * panelBytes + (<usize>(r & 3) << shift) : gathered + <usize>r * rowBytes;
      // in one run into the cache: a store at random that has to wait for its line holds up all behind it
      if (!inPanels) memory.fill(to, 0, isPair ? rowBytes << 1 : rowBytes);
      if (labelBytes == 2) {
        if (signs == 0) { if (isPair) scatter(isSingle, inPanels, true, true, false, nRows, label, sign, steps, entry, to, across); else scatter(isSingle, inPanels, true, false, false, nRows, label, sign, steps, entry, to, across); }
        else if (isPair) scatter(isSingle, inPanels, true, true, true, nRows, label, sign, steps, entry, to, across); else scatter(isSingle, inPanels, true, false, true, nRows, label, sign, steps, entry, to, across);
      } else if (signs == 0) { if (isPair) scatter(isSingle, inPanels, false, true, false, nRows, label, sign, steps, entry, to, across); else scatter(isSingle, inPanels, false, false, false, nRows, label, sign, steps, entry, to, across); }
      else if (isPair) scatter(isSingle, inPanels, false, true, true, nRows, label, sign, steps, entry, to, across); else scatter(isSingle, inPanels, false, false, true, nRows, label, sign, steps, entry, to, across);
      for (let m = 0; m < nMissing; m++) {
        const at = to + (<usize>load<i32>(missing + (<usize>m << 2)) << sourceShift);
        clear(isSingle, at);
        if (isPair) clear(isSingle, at + across);
      }
      j += isPair ? 2 : 1;
      r += isPair ? 2 : 1;
    }
  }
}

/** Of each source, i32: bytes from its entry to that of the next; none where it has no data, so that what was stored there goes to the next one. */
function placeSteps(nRows: i32, nMissing: i32, missing: usize, bytes: i32, steps: usize): void {
  const all = i32x4.splat(bytes);
  for (let at = steps, end = steps + (<usize>nRows << 2); at < end; at += 16) v128.store(at, all);
  for (let m = 0; m < nMissing; m++) store<i32>(steps + (<usize>load<i32>(missing + (<usize>m << 2)) << 2), 0);
}

function roundEntries(count: i32, from: usize, to: usize): void {
  for (const end = to + (<usize>count << 2); to < end; to += 4, from += 8) store<f32>(to, <f32>load<f64>(from));
}

// @ts-ignore: decorator
@inline
function clear(isSingle: bool, at: usize): void {
  if (isSingle) store<f32>(at, 0); else store<f64>(at, 0);
}

/** Every entry to the source that is next, with data or without: no branch, whose misses took as long as all the rest. */
// @ts-ignore: decorator
@inline
function scatter(
  isSingle: bool, inPanels: bool, isShort: bool, isPair: bool, isSigned: bool, nRows: i32, label: usize, sign: usize, steps: usize, entry: usize, to: usize, across: usize,
): void {
  const labelSize: usize = isShort ? 2 : 4, end = label + <usize>nRows * labelSize;
  for (const whole = label + <usize>(nRows & ~3) * labelSize; label < whole; label += 4 * labelSize) {
    entry = place(isSingle, inPanels, isShort, isPair, isSigned, label, sign, steps, entry, to, across);
    entry = place(isSingle, inPanels, isShort, isPair, isSigned, label + labelSize, sign + 1, steps, entry, to, across);
    entry = place(isSingle, inPanels, isShort, isPair, isSigned, label + 2 * labelSize, sign + 2, steps, entry, to, across);
    entry = place(isSingle, inPanels, isShort, isPair, isSigned, label + 3 * labelSize, sign + 3, steps, entry, to, across);
    if (isSigned) sign += 4;
  }
  for (; label < end; label += labelSize, sign++) entry = place(isSingle, inPanels, isShort, isPair, isSigned, label, sign, steps, entry, to, across);
}

/** One entry, of two rows where they are a pair. Returns the entry of the next source. */
// @ts-ignore: decorator
@inline
function place(
  isSingle: bool, inPanels: bool, isShort: bool, isPair: bool, isSigned: bool, label: usize, sign: usize, steps: usize, entry: usize, to: usize, across: usize,
): usize {
  const source = (isShort ? <usize>load<u16>(label) : <usize>load<u32>(label)) << 2;
  const at = to + (source << (inPanels ? (isSingle ? 2 : 3) : isSingle ? 0 : 1));
  if (isSingle) {
    const factor: f32 = isSigned ? <f32>load<i8>(sign) : 1;
    store<f32>(at, isSigned ? factor * load<f32>(entry) : load<f32>(entry));
    if (isPair) store<f32>(at + across, isSigned ? factor * load<f32>(entry, 4) : load<f32>(entry, 4));
  } else {
    const factor: f64 = isSigned ? <f64>load<i8>(sign) : 1;
    store<f64>(at, isSigned ? factor * load<f64>(entry) : load<f64>(entry));
    if (isPair) store<f64>(at + across, isSigned ? factor * load<f64>(entry, 8) : load<f64>(entry, 8));
  }
  return entry + <usize>load<i32>(steps + source);
}
