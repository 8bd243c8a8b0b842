/** Why there is no picture: the driver refused it, there is none, or another app has it. */
export type NoCamera = 'refused' | 'none' | 'busy';

export class CameraFault extends Error {
  constructor(readonly why: NoCamera) {
    super(why);
  }
}

/** Wide enough for a long code over the whole width, small enough to be read ten times a second. */
const WIDTH = 1280;

/** The camera at the back, shown in `video`. */
export async function openCamera(video: HTMLVideoElement): Promise<MediaStream> {
  // Absent where the page did not come over a safe connection.
  const devices: MediaDevices | undefined = navigator.mediaDevices;
  if (!devices) throw new CameraFault('none');
  let stream: MediaStream;
  try {
    stream = await devices.getUserMedia({
      audio: false,
      video: { facingMode: { ideal: 'environment' }, width: { ideal: WIDTH }, height: { ideal: 720 } },
    });
  } catch (error) {
    const name = error instanceof DOMException ? error.name : '';
    if (name === 'NotAllowedError' || name === 'SecurityError') throw new CameraFault('refused');
    throw new CameraFault(name === 'NotReadableError' || name === 'AbortError' ? 'busy' : 'none');
  }
  video.srcObject = stream;
  try {
    await video.play();
  } catch {
    // The page went to the background, or another picture was asked for: nobody else would let the camera go.
    closeCamera(stream);
    video.srcObject = null;
    throw new CameraFault('busy');
  }
  return stream;
}

export function closeCamera(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

/** The middle of what the camera sees, as the frame on the screen shows it. */
export function grab(video: HTMLVideoElement, canvas: HTMLCanvasElement): ImageData | undefined {
  const { videoWidth, videoHeight } = video;
  if (videoWidth === 0) return undefined;
  const scale = Math.min(1, WIDTH / Math.max(videoWidth, videoHeight));
  canvas.width = Math.round(videoWidth * scale);
  canvas.height = Math.round(videoHeight * scale);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) return undefined;
  context.drawImage(video, 0, 0, canvas.width, canvas.height);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

interface TorchCapabilities extends MediaTrackCapabilities {
  torch?: boolean;
}

export function hasTorch(stream: MediaStream): boolean {
  const track = stream.getVideoTracks()[0];
  // Not every browser tells what a camera can.
  if (typeof track?.getCapabilities !== 'function') return false;
  return (track.getCapabilities() as TorchCapabilities).torch === true;
}

export async function setTorch(stream: MediaStream, on: boolean): Promise<void> {
  const wish = { advanced: [{ torch: on }] } as unknown as MediaTrackConstraints;
  await stream.getVideoTracks()[0]?.applyConstraints(wish);
}
