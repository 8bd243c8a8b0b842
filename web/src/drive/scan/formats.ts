import type { ReaderOptions } from 'zxing-wasm/reader';

/** How codes are read, and which kinds: those that labels of cases have. */
export const READING: ReaderOptions = {
  formats: ['Code128', 'Code39', 'QRCode', 'DataMatrix', 'EAN13', 'EAN8'],
  tryHarder: true,
  maxNumberOfSymbols: 4,
};
