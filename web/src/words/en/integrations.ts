export const integrations = {
  title: 'Pontic',
};
