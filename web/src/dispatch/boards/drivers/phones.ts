/** Credentials of a phone, as they are shown once. */
export interface Credentials {
  deviceId: string;
  secret: string;
}

/** Apps that can send a driver's positions; docs/drivers.md lists what each is told. */
export const APPS = ['owntracks', 'traccar', 'osmand', 'gpslogger'] as const;
export type App = (typeof APPS)[number];

/** Two letters that stand for a driver on OwnTracks' own map. */
function initials(name: string): string {
  const words = name.split(/\s+/).filter(Boolean);
  const letters = words.length > 1 ? [words[0]?.[0], words.at(-1)?.[0]] : [...(words[0] ?? '')].slice(0, 2);
  return letters.join('').toUpperCase() || 'DR';
}

function base64(text: string): string {
  const bytes = new TextEncoder().encode(text);
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}

/** What OwnTracks reads from a link or a QR code: HTTP mode, moving, with the phone's own credentials. */
export function ownTracksUrl(origin: string, phone: Credentials, driverName: string): string {
  const configuration = {
    _type: 'configuration',
    // 3 is HTTP.
    mode: 3,
    url: `${origin}/owntracks`,
    auth: true,
    username: phone.deviceId,
    password: phone.secret,
    tid: initials(driverName),
    // 2 is "move": points all the time. Every member makes the code denser, so the rest stays as the app has it.
    monitoring: 2,
  };
  return `owntracks:///config?inline=${encodeURIComponent(base64(JSON.stringify(configuration)))}`;
}

/** The address that OsmAnd calls with every position; the braces are its own. */
export function osmAndUrl(origin: string, phone: Credentials): string {
  const id = encodeURIComponent(phone.deviceId);
  return `${origin}/osmand?id=${id}&lat={0}&lon={1}&timestamp={2}&hdop={3}&altitude={4}&speed={5}`;
}

/** The same for GPSLogger, whose speed is in metres a second. */
export function gpsLoggerUrl(origin: string, phone: Credentials): string {
  const id = encodeURIComponent(phone.deviceId);
  return `${origin}/osmand?id=${id}&lat=%LAT&lon=%LON&timestamp=%TIMESTAMP&speed=%SPD&unit=mps&bearing=%DIR&accuracy=%ACC&batt=%BATT`;
}
