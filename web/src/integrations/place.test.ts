import { describe, expect, it } from 'vitest';
import { link, read } from './place';

describe('places', () => {
  it('go to a hash and back', () => {
    const hash = link('events', undefined, { type: 'CaseReadyToShip', source: '', direction: 'in' });
    expect(hash).toBe('#/events?type=CaseReadyToShip&direction=in');
    const place = read(hash);
    expect([place.page, place.item, place.query.get('direction')]).toEqual(['events', undefined, 'in']);
  });

  it('hold ids with any character', () => {
    const place = read(link('story', 'LAB/1 #?%'));
    expect([place.page, place.item]).toEqual(['story', 'LAB/1 #?%']);
    expect(read('#/stories/%E0%A4%A').item).toBe('%E0%A4%A');
  });

  it('know the overview and what there is not', () => {
    expect(read('').page).toBe('overview');
    expect(read('#/').page).toBe('overview');
    expect(read('#/dead-letters').page).toBe('letters');
    expect(read('#/nobody').page).toBeUndefined();
  });
});
