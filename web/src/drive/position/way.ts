import type { DriveStop } from '../day/day';

/** What asks a phone's own map app for the way; `web` is for where none opens. */
export interface Way {
  app: string;
  web: string;
}

/** The way to a stop, or nothing where nobody knows its place. */
export function wayTo(stop: DriveStop, userAgent: string): Way | undefined {
  const { location, address, clinicName } = stop;
  if (!location && !address) return undefined;
  const point = location ? `${location.lat},${location.lng}` : '';
  const said = encodeURIComponent(address ? `${clinicName}, ${address}` : clinicName);
  const target = point || said;
  const web = `https://www.google.com/maps/dir/?api=1&destination=${encodeURIComponent(point || `${clinicName}, ${address ?? ''}`)}&travelmode=driving`;
  if (/iPhone|iPad|iPod/.test(userAgent))
    return {
      app: `maps://?daddr=${target}&dirflg=d`,
      web: `https://maps.apple.com/?daddr=${target}&dirflg=d`,
    };
  const geo = point ? `geo:${point}?q=${point}(${encodeURIComponent(clinicName)})` : `geo:0,0?q=${said}`;
  return { app: /Android/.test(userAgent) ? geo : web, web };
}
