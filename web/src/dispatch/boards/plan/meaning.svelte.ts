import { type Goal, previewMove, refusal, told } from '../../live/doing';
import type { Stop } from '../records';
import { seen } from './day.svelte';
import { words } from '../../../words/words';

/** So long the pointer rests before the server is asked. */
const ASK_AFTER_MS = 160;

/** What it would mean to move a stop somewhere, in a sentence. */
export class Meaning {
  text = $state('');
  tone = $state<'plain' | 'late' | 'no'>('plain');

  /** Asks; gives the end of it. */
  ask(stop: Stop, goal: Goal): () => void {
    const asking = new AbortController();
    this.#say(words.dispatch.move.asking);
    const timer = setTimeout(() => {
      previewMove(seen(stop), goal, asking.signal).then(
        (moved) => this.#say(told(moved, stop.labId), moved.becomesLate.length > 0 ? 'late' : 'plain'),
        (error: unknown) => {
          if (!asking.signal.aborted) this.#say(refusal(error, stop.labId), 'no');
        },
      );
    }, ASK_AFTER_MS);
    return () => {
      clearTimeout(timer);
      asking.abort();
      this.#say('');
    };
  }

  #say(text: string, tone: 'plain' | 'late' | 'no' = 'plain'): void {
    this.text = text;
    this.tone = tone;
  }
}
