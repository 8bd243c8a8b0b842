export const drive = {
  title: 'Pontic',
};
