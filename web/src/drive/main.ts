import '../design/font.css';
import '../design/base.css';
import { mount } from 'svelte';
import { applyTheme } from '../design/theme';
import { language, words } from '../words/words';
import Screen from './Screen.svelte';
import { app } from './shell/app.svelte';
import { Phone } from './shell/phone.svelte';
import { Storage } from './shell/storage';
import { takeInvite } from './shell/view.svelte';

applyTheme();
document.documentElement.lang = language;
const invite = takeInvite();
void app.start();

const target = document.getElementById('screen');
if (target) {
  try {
    const phone = await Phone.open(await Storage.open());
    mount(Screen, { target, props: { phone, invite } });
  } catch {
    // Without its database nothing that a driver does would be safe.
    target.setAttribute('role', 'alert');
    target.textContent = words.drive.noStorage;
  }
}
