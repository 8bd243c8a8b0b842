import { describe, expect, it } from 'vitest';
import type { Clinic } from '../records';
import { bodyOf, draftOf, merged } from './draft';

const clinic: Clinic = {
  labId: 'LAB001',
  id: 'CLI-1',
  name: 'North Dental',
  address: '1 Main Street',
  location: { lat: 41, lng: -86 },
  timeZone: 'America/Chicago',
  hours: { MO: [{ from: '08:00:00', to: '12:00:00' }] },
  holidays: ['2026-12-25'],
  fence: {
    radius: 80,
    polygon: [
      { lat: 1, lng: 1 },
      { lat: 2, lng: 1 },
      { lat: 2, lng: 2 },
    ],
  },
  contact: { name: 'Front desk', phone: '555-0100' },
  access: { note: 'Ring twice', lockBox: true, receivers: ['Ann', 'Bo'] },
  notify: {
    email: ['a@north.example'],
    kinds: { arrival: ['sms'], deliveryFailed: [], 'alert.quarantined': ['email'] },
    quietHours: { from: '20:00:00', to: '07:00:00' },
  },
  verified: true,
  version: 3,
};

describe('the form of a clinic', () => {
  it('sends back all that it was given', () => {
    const body = bodyOf(draftOf(clinic), clinic);
    expect(body).toMatchObject({
      labId: 'LAB001',
      name: 'North Dental',
      location: clinic.location,
      fence: clinic.fence,
      holidays: ['2026-12-25'],
      contact: clinic.contact,
      access: clinic.access,
      notify: {
        email: ['a@north.example'],
        kinds: { arrival: ['sms'], deliveryFailed: [], 'alert.quarantined': ['email'] },
        quietHours: { from: '20:00', to: '07:00' },
      },
    });
    expect(body).not.toHaveProperty('version');
    expect(body).not.toHaveProperty('verified');
  });

  it('keeps a clinic that is closed on a day closed, and one without hours always open', () => {
    const hours = bodyOf(draftOf(clinic), clinic)['hours'];
    expect(hours).toMatchObject({ MO: [{ from: '08:00', to: '12:00' }], TU: [], SU: [] });
    const { hours: _hours, ...open } = clinic;
    void _hours;
    expect(bodyOf(draftOf(open), open)).not.toHaveProperty('hours');
  });

  it('reads lists from lines, each once', () => {
    const draft = {
      ...draftOf(clinic),
      email: 'a@x.example\n b@x.example ,a@x.example\n',
      receivers: 'Ann; Ann',
    };
    expect(bodyOf(draft, clinic)).toMatchObject({
      notify: { email: ['a@x.example', 'b@x.example'] },
      access: { receivers: ['Ann'] },
    });
  });

  it('leaves a stub’s name to be said', () => {
    const stub: Clinic = { labId: 'LAB001', id: 'CLI-9', name: 'CLI-9', verified: false, version: 1 };
    expect(draftOf(stub).name).toBe('');
    expect(bodyOf({ ...draftOf(stub), name: 'Nine' }, stub)).toEqual({ labId: 'LAB001', name: 'Nine' });
  });
});

describe('two changes of one clinic', () => {
  const base = { name: 'A', address: 'x', contact: { name: 'n', phone: '1' } };
  it('settles what only one of them changed', () => {
    const { settled, conflicts } = merged(base, { ...base, address: 'y' }, { ...base, name: 'B' });
    expect(settled).toEqual({ name: 'B', address: 'y', contact: base.contact });
    expect(conflicts).toEqual([]);
  });
  it('asks about what both changed differently, not about what they changed alike', () => {
    const { settled, conflicts } = merged(
      base,
      { ...base, name: 'B', address: 'y', contact: { phone: '1', name: 'n' } },
      { ...base, name: 'C', address: 'y' },
    );
    expect(conflicts).toEqual([{ member: 'name', theirs: 'B', mine: 'C' }]);
    expect(settled).toEqual({ address: 'y', contact: { phone: '1', name: 'n' } });
  });
  it('takes what one of them took away as taken away', () => {
    const { settled } = merged(base, base, { name: 'A', contact: base.contact });
    expect(settled).toEqual({ name: 'A', contact: base.contact });
  });
});
