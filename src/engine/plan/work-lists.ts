// The pieces that threads claim: blocks of store columns, and windows of connectivity rows. Plain numbers, four u32 a piece.

/** First column, columns, first element, elements of each block. Blocks never cross a span, which is a block of the store or several. */
export function listBlocks(
  columns: Uint32Array,
  layout: { span: number; blockWidth: number; nStoreElements: number },
): Uint32Array {
  const pieces: number[] = [];
  let element = 0;
  for (let span = 0; span < layout.nStoreElements; span += layout.span) {
    const spanEnd = Math.min(span + layout.span, layout.nStoreElements);
    for (let first = span; first < spanEnd; first += layout.blockWidth) {
      const end = Math.min(first + layout.blockWidth, spanEnd);
      const firstElement = element;
      while (element < columns.length && columns[element]! < end) element++;
      if (element === firstElement) continue;
      // only the columns between the first and the last element inside the mask are read
      const firstColumn = columns[firstElement]!;
      pieces.push(firstColumn, columns[element - 1]! - firstColumn + 1, firstElement, element - firstElement);
    }
  }
  return Uint32Array.from(pieces);
}

/** First element, elements, first connection (low, high word) of each window. */
export function listWindows(
  copyCountsInto: (target: Uint32Array, first: number, count: number) => void,
  nElements: number,
  limits: { connections: number; rows: number },
): Uint32Array {
  const pieces: number[] = [];
  const counts = new Uint32Array(Math.min(nElements, 65536));
  let firstElement = 0;
  let firstConnection = 0;
  let nRows = 0;
  let nConnections = 0;
  const close = () => {
    if (nRows === 0) return;
    pieces.push(firstElement, nRows, firstConnection % 2 ** 32, Math.floor(firstConnection / 2 ** 32));
    firstElement += nRows;
    firstConnection += nConnections;
    nRows = 0;
    nConnections = 0;
  };
  for (let first = 0; first < nElements; first += counts.length) {
    const count = Math.min(counts.length, nElements - first);
    copyCountsInto(counts, first, count);
    for (let i = 0; i < count; i++) {
      if (nRows === limits.rows || nConnections + counts[i]! > limits.connections) close();
      nRows++;
      nConnections += counts[i]!;
    }
  }
  close();
  return Uint32Array.from(pieces);
}
