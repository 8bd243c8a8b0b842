import { words } from '../words/words';

/** One field at fault, as the server names it. */
export interface FieldFault {
  field: string;
  reason: string;
}

/** The server's answer to what it does not do (RFC 9457), or that it was not reached. */
export class Problem extends Error {
  constructor(
    /** HTTP status; 0: the server was not reached. */
    readonly status: number,
    /** The machine's word for it: the last part of `type`. */
    readonly code: string,
    readonly errors: FieldFault[] = [],
    /** All of the answer. */
    readonly body: Record<string, unknown> = {},
  ) {
    super(told(status, code));
  }

  /** What is wrong with a field, if something is. */
  of(field: string): string | undefined {
    return this.errors.find((fault) => fault.field === field)?.reason;
  }
}

function told(status: number, code: string): string {
  const faults = words.shell.faults;
  if (status === 0) return faults.offline;
  if (status === 401) return faults.unauthorized;
  if (status === 403) return faults.forbidden;
  if (status === 404) return faults.notFound;
  if (status === 412) return faults.changed;
  if (status === 429) return faults.tooMany;
  if (status >= 500) return faults.server;
  return faults.refused(code.replaceAll('_', ' '));
}

export interface Ask {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Sent as JSON. */
  body?: unknown;
  /** Sent as it is; wins over `body`. */
  raw?: FormData | Blob | string;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** Asks our own server. Gives the answer's JSON (`undefined` for an empty one), throws a [`Problem`]. */
export async function ask<T>(
  path: string,
  { method = 'GET', body, raw, headers = {}, signal }: Ask = {},
): Promise<T> {
  const sent: Record<string, string> = { accept: 'application/json', ...headers };
  let payload: BodyInit | undefined = raw;
  if (raw === undefined && body !== undefined) {
    sent['content-type'] ??= 'application/json';
    payload = JSON.stringify(body);
  }
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers: sent,
      ...(payload === undefined ? {} : { body: payload }),
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Problem(0, 'offline');
  }
  const text = await response.text();
  const json: unknown = text && isJson(response) ? JSON.parse(text) : undefined;
  if (response.ok) return json as T;
  throw problem(response.status, json);
}

function isJson(response: Response): boolean {
  return /\bjson\b/.test(response.headers.get('content-type') ?? '');
}

function problem(status: number, json: unknown): Problem {
  const body = (typeof json === 'object' && json !== null ? json : {}) as Record<string, unknown>;
  const kind = typeof body['type'] === 'string' ? body['type'] : '';
  const code = kind.split(/[/:#]/).at(-1) || String(status);
  const errors = Array.isArray(body['errors']) ? (body['errors'] as FieldFault[]) : [];
  return new Problem(status, code, errors, body);
}

/** A page of a list. */
export interface Page<T> {
  items: T[];
  next: string | null;
}

/** All items of a list, page by page, `most` at most. */
export async function askAll<T>(path: string, most = 2_000, signal?: AbortSignal): Promise<T[]> {
  const items: T[] = [];
  const joint = path.includes('?') ? '&' : '?';
  let after: string | null = null;
  do {
    const place: string = after === null ? '' : `&after=${encodeURIComponent(after)}`;
    const page: Page<T> = await ask<Page<T>>(`${path}${joint}limit=200${place}`, signal ? { signal } : {});
    items.push(...page.items);
    after = page.next;
  } while (after !== null && items.length < most);
  return items;
}
