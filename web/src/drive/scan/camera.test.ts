import { afterEach, expect, it, vi } from 'vitest';
import { openCamera } from './camera';

afterEach(() => vi.unstubAllGlobals());

it('lets the camera go where its picture cannot be shown', async () => {
  const stop = vi.fn();
  const stream = { getTracks: () => [{ stop }, { stop }] };
  vi.stubGlobal('navigator', { mediaDevices: { getUserMedia: () => Promise.resolve(stream) } });
  const video = {
    srcObject: null as unknown,
    play: () => Promise.reject(new DOMException('the page is in the background', 'AbortError')),
  };
  await expect(openCamera(video as unknown as HTMLVideoElement)).rejects.toMatchObject({ why: 'busy' });
  expect(stop).toHaveBeenCalledTimes(2);
  expect(video.srcObject).toBeNull();
});
