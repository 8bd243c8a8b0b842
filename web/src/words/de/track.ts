import type { Words } from '../words';

export const track: Words['track'] = {
  title: 'Pontic',
};
