import { boards } from './en/boards';
import { dispatch } from './en/dispatch';
import { drive } from './en/drive';
import { faults } from './en/faults';
import { integrations } from './en/integrations';
import { map } from './en/map';
import { shell } from './en/shell';
import { track } from './en/track';

export const en = { shell, faults, dispatch, boards, integrations, drive, track, map };
