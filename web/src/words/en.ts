import { boards } from './en/boards';
import { dispatch } from './en/dispatch';
import { drive } from './en/drive';
import { integrations } from './en/integrations';
import { map } from './en/map';
import { shell } from './en/shell';
import { track } from './en/track';

export const en = { shell, dispatch, boards, integrations, drive, track, map };
