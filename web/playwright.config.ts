import { defineConfig, devices } from '@playwright/test';
import { chromium } from './tests/harness/programs';

export default defineConfig({
  testDir: 'tests',
  globalSetup: './tests/harness/programs.ts',
  outputDir: 'test-results',
  snapshotPathTemplate: '../docs/screens/{arg}{ext}',
  updateSnapshots: process.env['UPDATE_SCREENS'] === '1' ? 'all' : 'none',
  fullyParallel: true,
  workers: 2,
  // A test that needs a second try is a fault of ours.
  retries: 0,
  forbidOnly: true,
  // Generous: machines that run everything at once are slow, and a test that hangs is seen all the same.
  timeout: 120_000,
  expect: { timeout: 15_000 },
  reporter: [['list']],
  use: {
    ...devices['Desktop Chrome'],
    viewport: { width: 1440, height: 900 },
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    trace: 'retain-on-failure',
    actionTimeout: 30_000,
    contextOptions: { reducedMotion: 'reduce' },
    launchOptions: {
      executablePath: chromium,
      args: [
        '--no-sandbox',
        '--disable-quic',
        '--disable-background-networking',
        '--disable-component-update',
        '--use-gl=angle',
        '--use-angle=swiftshader',
        '--enable-unsafe-swiftshader',
        // A camera that shows a moving pattern, and no question about it.
        '--use-fake-device-for-media-stream',
        '--use-fake-ui-for-media-stream',
      ],
    },
  },
});
