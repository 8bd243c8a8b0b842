import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Api } from './api';
import { program } from './programs';

/** A Wednesday morning in winter, half past nine where the made-up lab is. */
export const MORNING = '2026-11-25T08:30:00Z';

const START_MS = 30_000;
const STOP_MS = 10_000;

/** The environment without settings of Pontic: tests look the same on every machine. */
function withoutSettings(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('PONTIC_')));
}

/** The real server on a port and in a folder of its own. */
export class Server {
  /** Where it listens. */
  origin = '';
  /** As an administrator who is bound to no lab. */
  admin = new Api('', '');
  /** What it wrote into its log: for tests that look for what must not stand there. */
  log = '';

  #child: ChildProcess | undefined;
  /** Its clock minus ours, in milliseconds. */
  #ahead = 0;

  private constructor(
    readonly data: string,
    private readonly environment: Record<string, string>,
  ) {}

  /** Starts one whose clock shows `now` (absent: the system's). */
  static async start(now?: string, environment: Record<string, string> = {}): Promise<Server> {
    const server = new Server(await mkdtemp(join(tmpdir(), 'pontic-web-')), environment);
    await server.#run('127.0.0.1:0', now);
    return server;
  }

  /** The time by its clock. */
  now(): Date {
    return new Date(Date.now() + this.#ahead);
  }

  /** Minutes from its now, as an API takes times. */
  inMinutes(minutes: number): string {
    return new Date(this.now().getTime() + minutes * 60_000).toISOString();
  }

  /** How much its clock is ahead of the system's, in milliseconds. */
  get ahead(): number {
    return this.#ahead;
  }

  /** Stops it and starts it again on what it kept, at the same address, with its clock at `now`. */
  async restart(now?: string): Promise<void> {
    await this.halt();
    await this.#run(new URL(this.origin).host, now);
  }

  /** Stops it; what it kept stays. */
  async halt(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await gone;
    clearTimeout(late);
  }

  /** Ends it for good. */
  async end(): Promise<void> {
    await this.halt();
    await rm(this.data, { recursive: true, force: true });
  }

  async #run(listen: string, now: string | undefined): Promise<void> {
    const args = ['serve', '--data', this.data, '--listen', listen, '--dev'];
    if (now !== undefined) args.push('--now', now);
    const child = spawn(program, args, {
      env: { ...withoutSettings(), ...this.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    child.stderr.on('data', (part: Buffer) => (this.log += part.toString()));
    const told = await this.#said(child);
    this.#ahead = now === undefined ? 0 : Date.parse(now) - Date.now();
    this.origin = told.origin;
    this.admin = new Api(told.origin, told.token);
  }

  /** Its first lines: where it listens, and a token. */
  #said(child: ChildProcess): Promise<{ origin: string; token: string }> {
    return new Promise((found, failed) => {
      let origin = '';
      const late = setTimeout(() => failed(new Error(`the server did not start:\n${this.log}`)), START_MS);
      child.once('exit', (code) => {
        clearTimeout(late);
        failed(new Error(`the server ended with ${code}:\n${this.log}`));
      });
      if (!child.stdout) return;
      createInterface({ input: child.stdout }).on('line', (line) => {
        origin ||= /^listening on (http:\S+)/.exec(line)?.[1] ?? '';
        const token = /^admin token: (\S+)/.exec(line)?.[1];
        if (!token) return;
        clearTimeout(late);
        found({ origin, token });
      });
    });
  }
}
