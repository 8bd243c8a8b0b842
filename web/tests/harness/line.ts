import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server as Listener, type Socket } from 'node:net';

/** The line between a browser and the server, which can be cut: sockets that are open end, and none is made. */
export class Line {
  origin = '';
  #listener: Listener;
  #sockets = new Set<Socket>();
  #cut = false;

  private constructor(to: string) {
    const { hostname, port } = new URL(to);
    this.#listener = createServer((near) => {
      if (this.#cut) {
        near.destroy();
        return;
      }
      const far = connect(Number(port), hostname);
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(one);
        one.on('error', () => other.destroy());
        one.on('close', () => {
          this.#sockets.delete(one);
          other.destroy();
        });
        one.pipe(other);
      }
    });
  }

  static async to(origin: string): Promise<Line> {
    const line = new Line(origin);
    line.#listener.listen(0, '127.0.0.1');
    await once(line.#listener, 'listening');
    line.origin = `http://127.0.0.1:${(line.#listener.address() as AddressInfo).port}`;
    return line;
  }

  cut(): void {
    this.#cut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#cut = false;
  }

  async end(): Promise<void> {
    this.cut();
    this.#listener.close();
    await once(this.#listener, 'close');
  }
}
