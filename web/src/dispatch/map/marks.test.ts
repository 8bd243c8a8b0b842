import { describe, expect, it } from 'vitest';
import { freshness, OLD_MS, STALE_MS } from './age';
import { Crowd } from './crowd';
import { initials, shortName } from './initials';

describe('initials', () => {
  it('are of the first and the last word', () => {
    expect(initials('Ada Brandt', 'DRV-1')).toBe('AB');
    expect(initials('Jean-Luc van der Berg', 'x')).toBe('JB');
    expect(initials('Özil Ümit', 'x')).toBe('ÖÜ');
    expect(initials('cher', 'x')).toBe('CH');
  });

  it('are the id’s end without a name', () => {
    expect(initials('  ', 'DRV-12')).toBe('12');
    expect(initials('-', 'd')).toBe('D');
  });
});

describe('a short name', () => {
  it('is the first name and a letter', () => {
    expect(shortName('Ada Brandt')).toBe('Ada B.');
    expect(shortName('Ada')).toBe('Ada');
    expect(shortName('Wolfeschlegelsteinhausen Berger').length).toBeLessThanOrEqual(16);
  });
});

describe('how old a place is', () => {
  it('changes after two and after ten minutes', () => {
    expect(freshness(0, STALE_MS - 1)).toBe('fresh');
    expect(freshness(0, STALE_MS)).toBe('stale');
    expect(freshness(0, OLD_MS - 1)).toBe('stale');
    expect(freshness(0, OLD_MS)).toBe('old');
    // A phone's clock may be ahead.
    expect(freshness(5_000, 0)).toBe('fresh');
  });
});

describe('room on the map', () => {
  it('is taken once', () => {
    const crowd = new Crowd(200, 100);
    expect(crowd.take(20, 20, 40, 18)).toBe(true);
    expect(crowd.take(50, 30, 40, 18)).toBe(false);
    expect(crowd.take(70, 20, 40, 18)).toBe(true);
    expect(crowd.take(20, 60, 40, 18)).toBe(true);
  });

  it('holds what is half beside the screen', () => {
    const crowd = new Crowd(200, 100);
    expect(crowd.take(-20, -5, 40, 18)).toBe(true);
    expect(crowd.take(0, 0, 10, 10)).toBe(false);
    expect(crowd.take(190, 90, 40, 40)).toBe(true);
  });
});
