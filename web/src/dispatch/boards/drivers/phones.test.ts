import { describe, expect, it } from 'vitest';
import { gpsLoggerUrl, osmAndUrl, ownTracksUrl } from './phones';

const phone = { deviceId: 'dev-0123456789', secret: 'ü+/=secret' };

describe('what phones are told', () => {
  it('gives OwnTracks a configuration that reads back as it was', () => {
    const url = ownTracksUrl('https://lab.example', phone, 'Ada Brandt');
    const inline = new URLSearchParams(url.split('?')[1]).get('inline') ?? '';
    const bytes = Uint8Array.from(atob(inline), (char) => char.charCodeAt(0));
    const read = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
    expect(url.startsWith('owntracks:///config?inline=')).toBe(true);
    expect(read).toMatchObject({
      _type: 'configuration',
      mode: 3,
      auth: true,
      url: 'https://lab.example/owntracks',
      username: 'dev-0123456789',
      password: 'ü+/=secret',
      tid: 'AB',
    });
  });

  it('leaves the place holders of apps as they are', () => {
    expect(osmAndUrl('https://lab.example', phone)).toBe(
      'https://lab.example/osmand?id=dev-0123456789&lat={0}&lon={1}&timestamp={2}&hdop={3}&altitude={4}&speed={5}',
    );
    expect(gpsLoggerUrl('https://lab.example', phone)).toContain('&speed=%SPD&unit=mps&');
  });

  it('finds two letters for every name', () => {
    const tid = (name: string) => {
      const inline =
        new URLSearchParams(ownTracksUrl('https://x', phone, name).split('?')[1]).get('inline') ?? '';
      const bytes = Uint8Array.from(atob(inline), (char) => char.charCodeAt(0));
      return (JSON.parse(new TextDecoder().decode(bytes)) as { tid: string }).tid;
    };
    expect(tid('Ben')).toBe('BE');
    expect(tid('Jan van der Berg')).toBe('JB');
    expect(tid('')).toBe('DR');
  });
});
