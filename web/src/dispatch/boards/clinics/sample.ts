/** Columns of a CSV file of clinics, with a row that shows how they are filled. */
const COLUMNS: readonly (readonly [string, string])[] = [
  ['id', 'CLI-100'],
  ['labId', 'LAB001'],
  ['name', 'North Street Dental'],
  ['address', '1 North Street, Springfield'],
  ['location.lat', '41.3351'],
  ['location.lng', '-86.8022'],
  ['timeZone', 'America/New_York'],
  ['hours.MO', '08:00-12:00 13:00-17:00'],
  ['hours.TU', '08:00-17:00'],
  ['hours.WE', '08:00-17:00'],
  ['hours.TH', '08:00-17:00'],
  ['hours.FR', '08:00-14:00'],
  ['holidays', '2026-12-25 2027-01-01'],
  ['fence.radius', '100'],
  ['contact.name', 'Front desk'],
  ['contact.phone', '+1 555 0100'],
  ['contact.email', 'desk@north.example'],
];

const quoted = (text: string) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** The sample, for a lab. */
export function sampleFor(labId: string): string {
  const row = COLUMNS.map(([column, text]) => (column === 'labId' ? labId : text));
  return `${COLUMNS.map(([column]) => column).join(',')}\n${row.map(quoted).join(',')}\n`;
}
