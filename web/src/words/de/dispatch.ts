import type { Words } from '../words';
import { dispatch as english } from '../en/dispatch';

export const dispatch: Words['dispatch'] = english;
