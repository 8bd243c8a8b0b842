import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { prepareZXingModule as prepareReader, readBarcodes } from 'zxing-wasm/reader';
import { prepareZXingModule as prepareWriter, writeBarcode, type WriterOptions } from 'zxing-wasm/writer';
import { day, first, stop } from '../testing/day';
import { READING } from './formats';
import { caseIdsOf, judge } from './reading';

const { routes } = day();
const here = stop('S1');

describe('what a label says', () => {
  it.each([
    ['  S1-A \n', 'S1-A'],
    ['case:S1-A', 'S1-A'],
    ['CASE: S1-A', 'S1-A'],
    ['https://lab.example/cases/S1-A', 'S1-A'],
    ['https://lab.example/cases/S1-A/', 'S1-A'],
    ['https://lab.example/look?case=S1-A&x=1', 'S1-A'],
    ['https://lab.example/app#/case/S1-A', 'S1-A'],
    ['https://lab.example/cases/S1%2DA', 'S1-A'],
  ])('%j is %s', (text, id) => {
    expect(caseIdsOf(text)).toContain(id);
    expect(judge(text, here, [], routes)).toEqual({ kind: 'right', caseId: 'S1-A' });
  });

  it.each(['', '   ', 'https://[', 'https://lab.example/%E0%A4%A'])('%j is nobody’s case', (text) => {
    expect(judge(text, here, [], routes).kind).toBe('unknown');
  });
});

describe('whose case it is', () => {
  it('is right once', () => {
    expect(judge('S1-A', here, ['S1-A'], routes)).toEqual({ kind: 'again', caseId: 'S1-A' });
  });

  it('is another stop’s', () => {
    const found = judge('S2-B', here, [], routes);
    expect(found).toMatchObject({ kind: 'elsewhere', caseId: 'S2-B', stop: { id: 'S2' } });
  });

  it('is nobody’s', () => {
    expect(judge('X-1', here, [], routes)).toEqual({ kind: 'unknown', text: 'X-1' });
  });

  it('does not hang on small letters, unless two differ in nothing else', () => {
    expect(judge('s1-a', here, [], routes)).toEqual({ kind: 'right', caseId: 'S1-A' });
    const twins = stop('S1', {
      deliveries: [
        {
          deliveryId: 'D',
          status: 'assigned',
          cases: [
            { caseId: 'a', status: '' },
            { caseId: 'A', status: '' },
          ],
        },
      ],
    });
    expect(judge('a', twins, [], [])).toEqual({ kind: 'right', caseId: 'a' });
    first(twins.deliveries).cases = [
      { caseId: 'Ab', status: '' },
      { caseId: 'aB', status: '' },
    ];
    expect(judge('AB', twins, [], []).kind).toBe('unknown');
  });
});

describe('codes', () => {
  beforeAll(() => {
    const wasm = (kind: 'reader' | 'writer') => {
      const bytes = readFileSync(`node_modules/zxing-wasm/dist/${kind}/zxing_${kind}.wasm`);
      return new Uint8Array(bytes).buffer;
    };
    prepareReader({ overrides: { wasmBinary: wasm('reader') } });
    prepareWriter({ overrides: { wasmBinary: wasm('writer') } });
  });

  async function drawn(text: string, format: WriterOptions['format']): Promise<Blob> {
    const { image, error } = await writeBarcode(text, { format, scale: 4 });
    if (!image) throw new Error(error);
    return image;
  }

  it.each([
    ['Code128', 'CASE-1041'],
    ['Code39', 'CASE-1041'],
    ['QRCode', 'https://lab.example/c/1'],
    ['DataMatrix', 'case:CASE-1041'],
    ['EAN13', '4006381333931'],
    ['EAN8', '96385074'],
  ] as const)('%s is read', async (format, text) => {
    const found = await readBarcodes(await drawn(text, format), READING);
    expect(found.map((one) => one.text)).toEqual([text]);
  });

  it('of other kinds are not: a parcel service’s are no cases', async () => {
    expect(await readBarcodes(await drawn('12345678', 'ITF'), READING)).toEqual([]);
    expect(await readBarcodes(await drawn('PARCEL', 'PDF417'), READING)).toEqual([]);
  });
});
