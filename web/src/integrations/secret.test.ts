import { describe, expect, it } from 'vitest';
import { newSecret, signed } from './secret';

describe('secrets', () => {
  it('are 32 bytes, and never the same', () => {
    const [one, other] = [newSecret(), newSecret()];
    expect(one).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(one).not.toBe(other);
  });

  it('sign as RFC 4231 says', async () => {
    expect(await signed('Jefe', 'what do ya want for nothing?')).toBe(
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    );
  });
});
