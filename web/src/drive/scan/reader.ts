import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';
import wasm from 'zxing-wasm/reader/zxing_reader.wasm?url';
import { READING } from './formats';

/** Loads what reads codes; it is ours, and the phone has kept it for when there is no network. */
export async function prepare(): Promise<void> {
  await prepareZXingModule({ overrides: { locateFile: () => wasm }, fireImmediately: true });
}

/** The texts of the codes in a picture. */
export async function read(picture: ImageData): Promise<string[]> {
  const found = await readBarcodes(picture, READING);
  return found.filter((one) => one.isValid).map((one) => one.text);
}
