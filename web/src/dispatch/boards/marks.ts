import type { ComponentProps } from 'svelte';
import type Tag from '../../design/Tag.svelte';

type Props = ComponentProps<typeof Tag>;
type Tone = NonNullable<Props['tone']>;

/** How a state looks; its word always stands beside it. */
const TONES: Record<string, Tone> = {
  out_for_delivery: 'accent',
  started: 'accent',
  arrived: 'accent',
  picked_up: 'accent',
  delivered: 'good',
  at_lab: 'good',
  done: 'good',
  finished: 'good',
  partially_delivered: 'risk',
  partly_done: 'risk',
  failed: 'late',
  missed: 'late',
};

export function toneOf(status: string): Tone {
  return TONES[status] ?? 'plain';
}
