import { describe, expect, it } from 'vitest';
import { parsed, written } from './coordinates';

describe('degrees', () => {
  it('are read with a point or a comma', () => {
    expect(parsed(' 41.3315 ', 90)).toBe(41.3315);
    expect(parsed('-86,8704', 180)).toBe(-86.8704);
    expect(parsed('90', 90)).toBe(90);
  });

  it('are nothing else', () => {
    for (const text of ['', 'x', '1e1', '0x10', '91', '-90.1', '1.', '12.3.4', 'Infinity', '12 N'])
      expect(parsed(text, 90)).toBeUndefined();
  });

  it('are written so that they are read as they were', () => {
    expect(parsed(written(-86.870432), 180)).toBe(-86.870432);
  });
});
