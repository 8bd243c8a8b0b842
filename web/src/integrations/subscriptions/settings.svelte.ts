import { parsed } from '../json';
import type { Subscription } from '../records';
import { words } from '../../words/words';

const text = words.integrations.subscriptions;

/** What a form holds of a subscription, and the body that it makes of it. */
export class Settings {
  url = $state('');
  labId = $state('');
  pattern = $state('');
  format = $state('cloudevents');
  timeoutSeconds = $state(15);
  maxRetries = $state(15);
  baseDelayMs = $state(1_000);
  paused = $state(false);
  /** Headers that replace those that are kept; none: they stay. */
  headers = $state<{ key: number; name: string; value: string }[]>([]);
  patternFault = $state<string>();
  #next = 0;

  constructor(before?: Subscription) {
    if (!before) return;
    this.url = before.url;
    this.labId = before.labId ?? '';
    this.pattern = before.pattern === undefined ? '' : JSON.stringify(before.pattern, null, 2);
    this.format = before.format;
    this.timeoutSeconds = before.timeoutSeconds;
    this.maxRetries = before.maxRetries;
    this.baseDelayMs = before.baseDelayMs;
    this.paused = before.paused;
  }

  addHeader(): void {
    this.headers.push({ key: this.#next++, name: '', value: '' });
  }

  /** The body of the PUT; `undefined`: the pattern is no JSON, which is told at its field. */
  body(): Record<string, unknown> | undefined {
    const pattern = parsed(this.pattern);
    this.patternFault = undefined;
    if ('line' in pattern) this.patternFault = text.patternJson(pattern.line);
    else if (
      pattern.value !== undefined &&
      (typeof pattern.value !== 'object' || pattern.value === null || Array.isArray(pattern.value))
    )
      this.patternFault = text.patternObject;
    if (this.patternFault !== undefined || 'line' in pattern) return undefined;
    const headers = this.headers.filter((header) => header.name.trim() !== '' || header.value !== '');
    return {
      url: this.url.trim(),
      ...(this.labId === '' ? {} : { labId: this.labId }),
      ...(pattern.value === undefined ? {} : { pattern: pattern.value }),
      format: this.format,
      timeoutSeconds: this.timeoutSeconds,
      maxRetries: this.maxRetries,
      baseDelayMs: this.baseDelayMs,
      paused: this.paused,
      ...(headers.length === 0
        ? {}
        : { headers: Object.fromEntries(headers.map((header) => [header.name.trim(), header.value])) }),
    };
  }
}
