import { expect, it } from 'vitest';
import { bodyOf, draftOf } from './driver';
import type { Driver } from '../records';

const driver: Driver = {
  labId: 'LAB001',
  id: 'DRV-1',
  name: 'Ada Brandt',
  shift: { from: '08:00:00', to: '17:00:00' },
  capacity: 60,
  presence: 'break',
  phone: '+1 555 0100',
  verified: true,
  version: 4,
};

it('sends a driver back as it came, without what the server counts itself', () => {
  expect(bodyOf(draftOf(driver), driver)).toEqual({
    labId: 'LAB001',
    name: 'Ada Brandt',
    shift: { from: '08:00', to: '17:00' },
    capacity: 60,
    phone: '+1 555 0100',
  });
});

it('takes a phone, a shift and a capacity away', () => {
  expect(bodyOf({ name: ' Ada ', phone: ' ', from: '', to: '', capacity: undefined }, driver)).toEqual({
    labId: 'LAB001',
    name: 'Ada',
  });
});

it('leaves the name of a driver that nobody set up to be said', () => {
  expect(draftOf({ labId: 'L', id: 'DRV-9', name: 'DRV-9', verified: false, version: 1 }).name).toBe('');
});
