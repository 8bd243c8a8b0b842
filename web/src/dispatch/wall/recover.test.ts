import { describe, expect, it } from 'vitest';
import { remedy } from './recover';

const well = { isReady: true, hasFault: false, isLive: true, silentMs: 0 };

describe('a wall', () => {
  it('does nothing while all is well, and while it loads', () => {
    expect(remedy(well)).toBe('none');
    expect(remedy({ ...well, isReady: false })).toBe('none');
    expect(remedy({ ...well, isLive: false, silentMs: 60_000 })).toBe('none');
  });

  it('begins anew when it never began, or was away for long', () => {
    expect(remedy({ ...well, isReady: false, hasFault: true })).toBe('begin-anew');
    expect(remedy({ ...well, isLive: false, silentMs: 91_000 })).toBe('begin-anew');
  });

  it('loads again what failed', () => {
    expect(remedy({ ...well, hasFault: true })).toBe('load');
  });
});
