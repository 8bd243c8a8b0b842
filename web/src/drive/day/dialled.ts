export { dialled } from '../../dialled';
