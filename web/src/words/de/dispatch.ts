import type { Words } from '../words';

export const dispatch: Words['dispatch'] = {
  title: 'Pontic',
};
