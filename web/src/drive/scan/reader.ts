import { prepareZXingModule, readBarcodes, type ReaderOptions } from 'zxing-wasm/reader';
import wasm from 'zxing-wasm/reader/zxing_reader.wasm?url';

/** The kinds of codes that labels of cases have. */
export const FORMATS = [
  'Code128',
  'Code39',
  'QRCode',
  'DataMatrix',
  'EAN13',
  'EAN8',
] as const satisfies ReaderOptions['formats'];

const OPTIONS: ReaderOptions = { formats: [...FORMATS], tryHarder: true, maxNumberOfSymbols: 4 };

/** Loads what reads codes; it is ours, and the phone has kept it for when there is no network. */
export async function prepare(): Promise<void> {
  await prepareZXingModule({ overrides: { locateFile: () => wasm }, fireImmediately: true });
}

/** The texts of the codes in a picture. */
export async function read(picture: ImageData): Promise<string[]> {
  const found = await readBarcodes(picture, OPTIONS);
  return found.filter((one) => one.isValid).map((one) => one.text);
}
