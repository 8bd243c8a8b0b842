import type { Waiting } from '../../desk/tray';
import type { Stop } from '../records';

/** What is being dragged, and over which route and place it hangs. */
export type Dragged = { kind: 'work'; work: Waiting } | { kind: 'stop'; stop: Stop };

class Dragging {
  what = $state.raw<Dragged>();
  over = $state<{ routeId: string; place: number }>();

  begin(what: Dragged, event: DragEvent): void {
    this.what = what;
    if (!event.dataTransfer) return;
    event.dataTransfer.effectAllowed = 'move';
    // Without data Firefox drags nothing; ids only, no names.
    event.dataTransfer.setData('text/plain', what.kind === 'stop' ? what.stop.id : what.work.clinicId);
  }

  end(): void {
    this.what = undefined;
    this.over = undefined;
  }
}

export const dragging = new Dragging();
