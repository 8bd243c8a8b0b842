import { describe, expect, it } from 'vitest';
import { rowFaults } from '../endpoints/rows';
import { wanted } from './wanted';

describe('patterns', () => {
  it('are told in few words where they ask for types alone', () => {
    expect(wanted({ 'detail-type': ['BillingTriggered', { prefix: 'Delivery' }] })).toEqual([
      'BillingTriggered',
      'Delivery…',
    ]);
    expect(wanted({ 'detail-type': [{ suffix: 'x' }] })).toBeUndefined();
    expect(wanted({ 'detail-type': ['A'], detail: {} })).toBeUndefined();
    expect(wanted(undefined)).toBeUndefined();
  });
});

describe('rows', () => {
  it('say what is missing and what stands twice', () => {
    const faults = rowFaults(
      [
        [1, '7', 'A'],
        [2, '', 'B'],
        [3, '7', 'C'],
        [4, '8', ''],
      ],
      'missing',
      'twice',
    );
    expect([...faults]).toEqual([
      [2, 'missing'],
      [3, 'twice'],
      [4, 'missing'],
    ]);
  });
});
