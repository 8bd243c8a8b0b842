import type { Words } from '../words';

export const integrations: Words['integrations'] = {
  title: 'Pontic',
};
