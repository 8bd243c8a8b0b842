export const dispatch = {
  title: 'Pontic',
};
