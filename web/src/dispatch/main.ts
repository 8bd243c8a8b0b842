import '../design/font.css';
import '../design/base.css';
import { mount } from 'svelte';
import { applyTheme } from '../design/theme';
import { language } from '../words/words';
import Screen from './Screen.svelte';

applyTheme();
document.documentElement.lang = language;
const target = document.getElementById('screen');
if (target) mount(Screen, { target });
