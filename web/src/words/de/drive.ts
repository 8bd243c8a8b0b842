import type { Words } from '../words';

export const drive: Words['drive'] = {
  title: 'Pontic',
};
