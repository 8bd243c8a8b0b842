import { describe, expect, it } from 'vitest';
import { changed, placeOf, read, write } from './hash';

describe('places in the address', () => {
  it('reads what it wrote, whatever ids look like', () => {
    const hash = placeOf(['clinics', 'A/B ?1'], { lab: 'L&1' });
    const back = read(hash);
    expect(back.path).toEqual(['clinics', 'A/B ?1']);
    expect(back.query.get('lab')).toBe('L&1');
  });
  it('takes filters away that are empty', () => {
    const here = read('#/deliveries?date=2026-06-09&status=failed');
    expect(write(changed(here, { status: '', clinic: 'C1' }))).toBe('#/deliveries?date=2026-06-09&clinic=C1');
    expect(write(changed(here, { status: '', date: '' }))).toBe('#/deliveries');
  });
  it('reads what nobody wrote', () => {
    expect(read('').path).toEqual([]);
    expect(read('#/%E0%A4%A').path).toEqual(['%E0%A4%A']);
  });
});
