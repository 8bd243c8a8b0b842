/** JSON of an answer: tests look at what they know is there. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Json = any;

export type Role = 'admin' | 'dispatcher' | 'driver' | 'source' | 'finance' | 'viewer';

/** The public API with one token, as any program speaks to it. */
export class Api {
  constructor(
    readonly origin: string,
    readonly token: string,
  ) {}

  get(path: string): Promise<Json> {
    return this.ask('GET', path);
  }

  post(path: string, body: unknown = {}): Promise<Json> {
    return this.ask('POST', path, body);
  }

  put(path: string, body: unknown): Promise<Json> {
    return this.ask('PUT', path, body);
  }

  patch(path: string, body: unknown): Promise<Json> {
    return this.ask('PATCH', path, body);
  }

  /** An event, with its result. */
  async event(source: string, detailType: string, detail: unknown): Promise<Json> {
    return (await this.post('/v1/events', { source, detailType, detail })).result;
  }

  /** Its JSON; throws whatever is not a success, with the answer. */
  async ask(method: string, path: string, body?: unknown): Promise<Json> {
    const response = await this.response(method, path, body);
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }

  /** The answer, whatever it is. */
  response(method: string, path: string, body?: unknown): Promise<Response> {
    return fetch(this.origin + path, {
      method,
      headers: { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }
}
