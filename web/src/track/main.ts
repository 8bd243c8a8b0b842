import '../design/base.css';
import { mount } from 'svelte';
import Screen from './Screen.svelte';

const target = document.getElementById('screen');
if (target) mount(Screen, { target });
