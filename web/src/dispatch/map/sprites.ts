import type { Palette } from './palette';

/** A drawing that is used many times, with its size in CSS pixels; it is put with its anchor at a place. */
export interface Sprite {
  image: ImageBitmap;
  width: number;
  height: number;
}

export const FONT = '"Inter Variable", system-ui, sans-serif';

/** Drawings by what they show. They are made once for a palette and a pixel ratio. */
export class Sprites {
  readonly #made = new Map<string, Sprite>();
  #colours: Palette | undefined;
  #ratio = 0;

  get(
    key: string,
    colours: Palette,
    width: number,
    height: number,
    draw: (context: OffscreenCanvasRenderingContext2D) => void,
  ): Sprite {
    if (colours !== this.#colours || devicePixelRatio !== this.#ratio) {
      this.#made.clear();
      this.#colours = colours;
      this.#ratio = devicePixelRatio;
    }
    const known = this.#made.get(key);
    if (known) return known;
    const canvas = new OffscreenCanvas(
      Math.ceil(width * devicePixelRatio),
      Math.ceil(height * devicePixelRatio),
    );
    const context = canvas.getContext('2d');
    if (context) {
      context.scale(devicePixelRatio, devicePixelRatio);
      draw(context);
    }
    // A bitmap is put as it is; of a canvas a copy would be made each time.
    const sprite = { image: canvas.transferToImageBitmap(), width, height };
    this.#made.set(key, sprite);
    return sprite;
  }
}

/** Puts a sprite with its middle at a place, on whole device pixels: so it stays sharp. */
export function put(context: CanvasRenderingContext2D, sprite: Sprite, x: number, y: number): void {
  const ratio = devicePixelRatio;
  const left = Math.round((x - sprite.width / 2) * ratio) / ratio;
  const top = Math.round((y - sprite.height / 2) * ratio) / ratio;
  context.drawImage(sprite.image, left, top, sprite.width, sprite.height);
}
