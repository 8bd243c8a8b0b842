export const track = {
  title: 'Pontic',
};
