import type { Words } from './words';
import { boards } from './de/boards';
import { dispatch } from './de/dispatch';
import { drive } from './de/drive';
import { faults } from './de/faults';
import { integrations } from './de/integrations';
import { map } from './de/map';
import { shell } from './de/shell';
import { track } from './de/track';

export const de: Words = { shell, faults, dispatch, boards, integrations, drive, track, map };
