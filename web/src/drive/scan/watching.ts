import { grab } from './camera';

export interface Reader {
  /** The texts of the codes in a picture. */
  read(picture: ImageData): Promise<string[]>;
}

/** Between two pictures: quick enough for a moving hand, little for the battery. */
const EVERY_MS = 120;
/** The same label in the picture is not a second scan until it was out of it for so long. */
const SAME_MS = 3_000;

/** Reads what the camera sees until it is over; each text is told once while it stays in the picture. */
export async function watch(
  video: HTMLVideoElement,
  reader: Reader,
  told: (text: string) => void,
  isOver: () => boolean,
): Promise<void> {
  const canvas = document.createElement('canvas');
  const seen = new Map<string, number>();
  while (!isOver()) {
    const picture = grab(video, canvas);
    const texts = picture ? await reader.read(picture) : [];
    if (isOver()) return;
    for (const text of texts) {
      const before = seen.get(text);
      seen.set(text, performance.now());
      if (before === undefined || performance.now() - before > SAME_MS) told(text);
    }
    await new Promise((done) => setTimeout(done, EVERY_MS));
  }
}
