import type { StoredFile } from '../queue/tap';

const LONGEST_PX = 1_600;
const QUALITY = 0.8;

/** Width and height of a picture whose longer side is `LONGEST_PX` at most. */
export function shrunkSize(width: number, height: number): { width: number; height: number } {
  const scale = Math.min(1, LONGEST_PX / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/**
 * A photo as it is kept and sent: small, upright, and drawn anew, so that nothing of the phone's (place, device, time) is in it. Throws
 * where the file is no picture that this phone can show.
 */
export async function shrink(file: Blob): Promise<StoredFile> {
  const url = URL.createObjectURL(file);
  try {
    const picture = new Image();
    picture.src = url;
    await picture.decode();
    const size = shrunkSize(picture.naturalWidth, picture.naturalHeight);
    const canvas = document.createElement('canvas');
    canvas.width = size.width;
    canvas.height = size.height;
    const context = canvas.getContext('2d');
    if (!context) throw new Error('no canvas');
    context.drawImage(picture, 0, 0, size.width, size.height);
    const stored = await encode(canvas, 'image/jpeg', QUALITY);
    // Gives the phone its memory back at once.
    canvas.width = 0;
    return stored;
  } finally {
    URL.revokeObjectURL(url);
  }
}

export async function encode(canvas: HTMLCanvasElement, type: string, quality?: number): Promise<StoredFile> {
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, type, quality));
  if (!blob) throw new Error('the picture cannot be written');
  return { type: blob.type, bytes: await blob.arrayBuffer() };
}
