/** Where the phone is: watched while the driver is on duty, kept, sent. */
import { clock } from '../../clock.svelte';
import type { Place } from '../day/day';
import { rfc3339 } from '../shell/instant';
import type { KeptFix, Storage } from '../shell/storage';
import { isDue, type Fix } from './rules';
import { Uplink } from './uplink';

/** How it stands with the phone's position. */
export type Sight =
  /** Off duty or on a break: nothing is watched, nothing sent. */
  | 'off'
  /** The driver was not asked yet. */
  | 'ask'
  | 'searching'
  | 'seen'
  | 'refused'
  | 'unavailable';

interface BatteryManager extends EventTarget {
  level: number;
  charging: boolean;
}

const POOR_M = 500;

export class Tracker {
  sight = $state<Sight>('off');
  /** The newest position, also where it is not worth sending. */
  here = $state.raw<Fix>();
  charging = $state(false);

  #watch: number | undefined;
  #last: Fix | undefined;
  #battery: BatteryManager | undefined;
  #uplink: Uplink;

  constructor(
    private readonly storage: Storage,
    /** Whose positions are kept, and whose may be sent: the driver's whose session it surely is. */
    private readonly drivers: { keeps: () => string | undefined; sends: () => string | undefined },
    private readonly routeId: () => string | undefined,
    private readonly nextPlace: () => Place | undefined,
    private readonly told: (sight: Sight) => void,
  ) {
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    this.#uplink = new Uplink(storage, drivers.sends, `${scheme}://${location.host}/ws/driver`, () => {
      if (this.#watch === undefined) void this.#hangUp();
    });
    void this.#watchBattery();
    void this.#watchPermission();
  }

  /** On duty: watches, if the driver allowed it before; `asked` is the driver's own tap. */
  async start(asked = false): Promise<void> {
    if (this.#watch !== undefined) return;
    if (!('geolocation' in navigator)) return this.#say('unavailable');
    const permission = await permissionNow();
    if (permission === 'denied') return this.#say('refused');
    if (permission !== 'granted' && !asked) return this.#say('ask');
    if (this.#watch !== undefined) return;
    this.#say('searching');
    this.#uplink.open();
    this.#watch = navigator.geolocation.watchPosition(
      (position) => void this.#take(position),
      (error) => this.#say(error.code === error.PERMISSION_DENIED ? 'refused' : 'searching'),
      { enableHighAccuracy: true, maximumAge: 5_000, timeout: 60_000 },
    );
  }

  /** Off duty or on a break: not watched any more; what was kept before is still sent. */
  stop(): void {
    if (this.#watch !== undefined) navigator.geolocation.clearWatch(this.#watch);
    this.#watch = undefined;
    this.#last = undefined;
    this.here = undefined;
    this.#say('off');
    void this.#hangUp();
  }

  /** Opens the way to the server for what was kept, also when nothing new comes. */
  async flush(): Promise<void> {
    if (this.#watch === undefined && !(await this.#hasKept())) return;
    this.#uplink.open();
    this.#uplink.hurry();
  }

  /** Leaves the line: it was that of a session that is over. */
  hangUp(): void {
    this.#uplink.close();
  }

  async #hasKept(): Promise<boolean> {
    const driver = this.drivers.keeps();
    return driver !== undefined && (await this.storage.fixes(driver, 0, 1)).length > 0;
  }

  /** Nobody who is not on duty stays on the line, once what was kept is with the server. */
  async #hangUp(): Promise<void> {
    if (!(await this.#hasKept()) && this.#watch === undefined) this.#uplink.close();
  }

  #say(sight: Sight): void {
    if (this.sight === sight) return;
    this.sight = sight;
    if (sight === 'refused') {
      if (this.#watch !== undefined) navigator.geolocation.clearWatch(this.#watch);
      this.#watch = undefined;
    }
    this.told(sight);
  }

  async #take(position: GeolocationPosition): Promise<void> {
    const { latitude, longitude, accuracy, speed, heading } = position.coords;
    const fix: Fix = {
      coordinates: { lat: round(latitude, 6), lng: round(longitude, 6) },
      // The phone's own clock may be off: the server's is what counts.
      at: Math.round(position.timestamp + clock.read() - Date.now()),
      speed: known(speed),
      heading: known(heading),
      // 0 means that the phone does not know.
      accuracy: known(accuracy) || null,
    };
    this.here = fix;
    this.#say('seen');
    const driver = this.drivers.keeps();
    // The cell tower's guess right after waking up is not where the van is.
    if (!driver || (fix.accuracy ?? 0) > POOR_M || !isDue(fix, this.#last, this.nextPlace())) return;
    const before = this.#last;
    // Before it is kept, so that the next one, which may come meanwhile, is measured by it.
    this.#last = fix;
    try {
      await this.storage.addFix(this.#kept(driver, fix));
    } catch {
      // Not kept (the phone is full): the next one is due as if this had not been.
      if (this.#last === fix) this.#last = before;
      return;
    }
    await this.#uplink.pump();
  }

  #kept(driver: string, fix: Fix): KeptFix {
    const message: Record<string, unknown> = {
      coordinates: fix.coordinates,
      timestamp: rfc3339(fix.at),
    };
    const routeId = this.routeId();
    if (routeId !== undefined) message['routeId'] = routeId;
    if (fix.speed !== null) message['speed'] = round(fix.speed * 3.6, 1);
    if (fix.heading !== null) message['heading'] = round(fix.heading, 1);
    if (fix.accuracy !== null) message['accuracy'] = round(fix.accuracy, 1);
    if (this.#battery) message['battery'] = Math.round(this.#battery.level * 100);
    return { driver, at: fix.at, message };
  }

  async #watchBattery(): Promise<void> {
    const ask = (navigator as Navigator & { getBattery?: () => Promise<BatteryManager> }).getBattery;
    if (!ask) return;
    try {
      const battery = await ask.call(navigator);
      this.#battery = battery;
      const tell = () => (this.charging = battery.charging);
      battery.addEventListener('chargingchange', tell);
      tell();
    } catch {
      // A phone that keeps its battery to itself.
    }
  }

  /** The driver changed it in the phone's settings. */
  async #watchPermission(): Promise<void> {
    const status = await permissionStatus();
    status?.addEventListener('change', () => {
      if (this.sight === 'off') return;
      if (status.state === 'denied') this.#say('refused');
      else void this.start();
    });
  }
}

async function permissionStatus(): Promise<PermissionStatus | undefined> {
  try {
    return await navigator.permissions.query({ name: 'geolocation' });
  } catch {
    return undefined;
  }
}

/** Where the phone does not say: ask. */
async function permissionNow(): Promise<PermissionState> {
  return (await permissionStatus())?.state ?? 'prompt';
}

/** Phones say `null`, or nothing a number can be. */
function known(value: number | null): number | null {
  return value === null || !Number.isFinite(value) || value < 0 ? null : value;
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
